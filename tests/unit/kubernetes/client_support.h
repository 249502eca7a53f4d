#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/kubernetes/http_connection.h"
#include "tests/unit/kubernetes/client_server.h"

namespace ebbgate::kubernetes::testing {

/// Gives one token after the other, the next one whenever the last was rejected.
class ListedTokens final : public CredentialSource {
 public:
  explicit ListedTokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  Credential get(const net::Waiter&, BootTime) override {
    if (at_ >= tokens_.size()) return {"", nullptr, "no token is left"};
    return {tokens_[at_], certificate, ""};
  }
  void rejected(const Credential&) override {
    ++rejections;
    ++at_;
  }

  std::shared_ptr<const net::ClientCertificate> certificate;
  int rejections = 0;

 private:
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

inline HttpConnector::Target plain_target(std::uint16_t port,
                                          std::vector<std::string> tokens = {""}) {
  HttpConnector::Target target;
  target.server = {false, "127.0.0.1", port, ""};
  target.credentials = std::make_shared<ListedTokens>(std::move(tokens));
  target.origin = "the test";
  return target;
}

inline Request get_request(const std::string& path = "/api/v1/secrets") {
  Request request;
  request.verb = "list";
  request.resource = "secrets";
  request.path = path;
  return request;
}

inline Request patch_request() {
  Request request;
  request.verb = "patch";
  request.resource = "deployments";
  request.method = "PATCH";
  request.path = "/apis/apps/v1/namespaces/default/deployments/web";
  request.content_type = "application/json-patch+json";
  request.body = R"([{"op":"test","path":"/metadata/uid","value":"u"}])";
  return request;
}

inline std::string status_body(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message +
         R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ebbgate::kubernetes::testing
