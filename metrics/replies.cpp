#include "metrics/replies.h"

#include <utility>

#include "base/digest.h"
#include "metrics/api_json.h"

namespace ebbgate::metrics {

Reply json_reply(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Reply error_reply(int status, const std::string& message) {
  return json_reply(status, error_json(message));
}

Reply try_again(const std::string& message) {
  Reply reply = error_reply(503, message);
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply not_allowed(const char* methods) {
  Reply reply = error_reply(405, std::string("only ") + methods + " is allowed here");
  reply.headers.emplace_back("Allow", methods);
  return reply;
}

Reply with_etag(const Request& request, Reply reply) {
  const std::string tag = "\"" + sha256(reply.body).hex().substr(0, 32) + "\"";
  if (request.if_none_match.find(tag) != std::string::npos || request.if_none_match == "*") {
    reply = {304, "", "", {}};
  }
  reply.headers.emplace_back("ETag", tag);
  return reply;
}

}  // namespace ebbgate::metrics
