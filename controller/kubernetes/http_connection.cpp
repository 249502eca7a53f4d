#include "controller/kubernetes/http_connection.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/secret_search.h"
#include "base/text.h"
#include "controller/kubernetes/api_status.h"
#include "controller/version.h"

#include "net/http_transport.h"

namespace ebbgate::kubernetes {
namespace {

using End = net::HttpTransport::Exchange::End;

std::optional<Duration> retry_after_of(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600u));
}

constexpr std::size_t kMostMessage = 4096;  // of the API server, before it becomes one line

std::string advice(int status, const Request& request) {
  switch (status) {
    case 401:
      return "; the credentials are missing, expired or not for this cluster";
    case 403:
      return "; grant the verb " + request.verb + " on " + request.resource +
             " to this user in a Role or ClusterRole";
    case 404:
      return "; it does not exist (any more), or this server does not know " + request.resource;
    case 429:
      return "; the API server asks for fewer requests";
    default:
      return "";
  }
}

class HttpConnection final : public Connection {
 public:
  HttpConnection(const HttpConnector::Target& target, RequestObserver* observer)
      : server_(target.server),
        credentials_(target.credentials),
        origin_(target.origin),
        observer_(observer),
        transport_({target.server.host, target.server.port}, target.tls, waiter_) {}

  Response send(const Request& request) override { return run(request, std::nullopt, nullptr); }
  Response stream(const Request& request, Duration silence, const Receive& receive) override {
    return run(request, silence, &receive);
  }
  void interrupt() override { waiter_.interrupt(); }

 private:
  Response run(const Request& request, std::optional<Duration> silence, const Receive* receive) {
    const BootTime deadline = BootClock::now() + request.deadline;
    Credential credential = credentials_->get(waiter_, deadline);
    Response response = attempt(request, credential, deadline, silence, receive);
    if (response.status == 401) {
      credentials_->rejected(credential);
      credential = credentials_->get(waiter_, deadline);
      // Its text is the cause, the server's answer only what follows from it.
      if (!credential.error.empty()) {
        response.error += "; new ones cannot be had: " + credential.error;
        return response;
      }
      response = attempt(request, credential, deadline, silence, receive);
    }
    return response;
  }

  Response attempt(const Request& request, const Credential& credential, BootTime deadline,
                   std::optional<Duration> silence, const Receive* receive) {
    Response response;
    const std::string what = request.verb + " " + request.resource;
    const BootTime begin = BootClock::now();
    if (!credential.error.empty()) {
      response.error = "cannot " + what + ": no credentials (" + origin_ + "): " + credential.error;
      observe(request, 0, begin);
      return response;
    }
    net::HttpTransport::Streaming streaming;
    bool observed = false;
    if (receive != nullptr) {
      streaming.silence = *silence;
      streaming.receive = receive;
      streaming.answered = [&](int status) {
        observe(request, status, begin);
        observed = true;
      };
    }
    net::HttpTransport::Exchange exchange =
        transport_.exchange(http_request(request, credential), credential.certificate, deadline,
                            receive != nullptr ? &streaming : nullptr, {});
    const bool answered = exchange.end == End::whole || exchange.end == End::refused_by_receiver;
    if (!observed) observe(request, answered ? exchange.response.status : 0, begin);
    if (!answered) {
      const bool sent = exchange.end != End::not_sent;
      response.result = sent ? Response::Result::broken : Response::Result::not_sent;
      response.own_resources = exchange.failure.kind == net::Failure::Kind::own_resources;
      response.error = sent ? what + " at " + server_.text() + " broke off after sending: "
                            : "cannot " + what + " at " + server_.text() + " (" + origin_ + "): ";
      response.error += exchange.failure.text;
      return response;
    }
    response.result = Response::Result::answered;
    response.status = exchange.response.status;
    response.body = std::move(exchange.response.body);
    if (!response.ok()) explain(response, exchange.response, request, credential);
    return response;
  }

  void explain(Response& response, const httplib::Response& http, const Request& request,
               const Credential& credential) const {
    const auto status = parse_api_status(response.body);
    response.has_status_body = status.has_value() && response.status >= 400;
    response.retry_after = retry_after_of(http);
    if (!response.retry_after && status) response.retry_after = status->retry_after;
    response.error = request.verb + " " + request.resource + " at " + server_.text() +
                     " was answered with " + std::to_string(response.status);
    if (status && !status->message.empty()) {
      // Whatever stands between may repeat what it was sent.
      const SecretSearch secrets({credential.token});
      response.error += ": " + one_line(secrets.masked_beginning(status->message, kMostMessage));
    } else if (!status) {
      response.error += ", and not by the API server itself";
    }
    response.error += advice(response.status, request);
  }

  httplib::Request http_request(const Request& request, const Credential& credential) const {
    httplib::Request http;
    http.method = request.method;
    http.path = server_.prefix + request.path;
    http.body = request.body;
    http.headers.emplace("Host", server_.authority());
    http.headers.emplace("User-Agent", std::string("ebbgate/") + kVersion);
    http.headers.emplace("Accept", "application/json");
    if (!request.content_type.empty()) http.headers.emplace("Content-Type", request.content_type);
    if (!credential.token.empty()) {
      http.headers.emplace("Authorization", "Bearer " + credential.token);
    }
    return http;
  }

  void observe(const Request& request, int code, BootTime begin) const {
    if (observer_ == nullptr) return;
    observer_->requested(request.verb, request.resource, code, BootClock::now() - begin);
  }

  const ServerUrl server_;
  const std::shared_ptr<CredentialSource> credentials_;
  const std::string origin_;
  RequestObserver* const observer_;
  net::Waiter waiter_;
  net::HttpTransport transport_;
};

}  // namespace

std::unique_ptr<Connection> HttpConnector::connect() {
  return std::make_unique<HttpConnection>(target_, observer_);
}

}  // namespace ebbgate::kubernetes
