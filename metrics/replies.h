#pragma once

#include <string>

#include "metrics/http.h"

/// Replies that several routes give.
namespace ebbgate::metrics {

Reply json_reply(int status, std::string body);
/// {"error":"…"}
Reply error_reply(int status, const std::string& message);
/// The same with 503, and when to try again.
Reply try_again(const std::string& message);
/// `methods` as the header has them: "GET, HEAD".
Reply not_allowed(const char* methods);
/// 304 where the client has this very body.
Reply with_etag(const Request& request, Reply reply);

}  // namespace ebbgate::metrics
