#include "controller/local/http_hook.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/masking.h"
#include "base/text.h"
#include "base/unicode.h"
#include "controller/local/hook_secrets.h"
#include "controller/local/http_target.h"
#include "controller/local/tls_probe.h"

#include "net/http_transport.h"

namespace ebbgate::local {
namespace {

using Exchange = net::HttpTransport::Exchange;
using Kind = net::Failure::Kind;

// White space is not told, so more is read than told.
constexpr std::size_t kReadOfFailure = 16 * HttpHook::kToldBody;
constexpr Duration kProbeTime = std::chrono::seconds(1);
constexpr const char* kBodyHidden =
    "; what else it said is not shown, for it may repeat secrets of the request";

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Where a redirect leads, if that is a URL.
std::string shown_location(const httplib::Response& response) {
  constexpr std::size_t kLongest = 200;
  const std::string location = response.get_header_value("Location");
  const bool is_url = location.starts_with("http://") || location.starts_with("https://") ||
                      location.starts_with('/');
  return is_url ? first_bytes(hex_escaped(masked_url(location)), kLongest) : "";
}

// The beginning of a body as one line.
std::string told(const std::string& body) {
  std::string line;
  for (const char c : body) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (space && (line.empty() || line.ends_with(' '))) continue;
    line += space ? ' ' : c;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line.empty() ? "" : ": " + first_bytes(hex_escaped(line), HttpHook::kToldBody);
}

httplib::Request request_for(const HttpRequest& settings, const HttpTarget& target) {
  httplib::Request request;
  request.method = settings.method;
  request.path = target.path;
  for (const auto& [name, value] : settings.headers) request.set_header(name, value);
  if (!request.has_header("Host")) request.set_header("Host", target.host_header);
  if (!request.has_header("Connection")) request.set_header("Connection", "close");
  return request;
}

Answer not_connected(const std::string& what, const net::Failure& failure) {
  switch (failure.kind) {
    case Kind::own_resources:
      return Answer::not_sent(FailureCause::own_resources, what + ": " + failure.text);
    case Kind::untrusted:
      return Answer::refused(FailureCause::http_untrusted,
                             what + ": no trusted TLS connection: " + failure.text);
    case Kind::not_tls:
      return Answer::not_sent(FailureCause::http_not_tls, what + ": " + failure.text);
    case Kind::no_address:
      return Answer::not_sent(FailureCause::http_unreachable, what + ": " + failure.text);
    default:
      return Answer::not_sent(FailureCause::http_unreachable,
                              what + ": cannot connect: " + failure.text);
  }
}

Answer answered(const HttpRequest& request, const std::string& status_text,
                const Exchange& exchange) {
  const int status = exchange.response.status;
  if (status >= 200 && status < 300) return Answer::applied(status_text);
  const bool secret = may_carry_secrets(request);
  if (is_redirect(status)) {
    const std::string to = secret ? "" : shown_location(exchange.response);
    return Answer::unknown(FailureCause::http_redirect,
                           status_text + (to.empty() ? ", a redirect" : ", a redirect to " + to) +
                               ": it is not followed");
  }
  const std::string body = told(exchange.response.body);
  return Answer::unknown(FailureCause::http_status,
                         status_text + (secret && !body.empty() ? kBodyHidden : body));
}

// After the request was sent.
Answer no_answer(const std::string& what, const std::string& status, const Exchange& exchange) {
  const net::Failure& failure = exchange.failure;
  const auto because = [&](FailureCause cause) {
    return Answer::unknown(cause, what + ": " + failure.text);
  };
  switch (failure.kind) {
    case Kind::too_long:
      return because(FailureCause::http_too_long);
    case Kind::tls_expected:
      return because(FailureCause::http_tls_expected);
    case Kind::not_http:
      return because(FailureCause::http_not_http);
    case Kind::no_answer:
      return Answer::unknown(FailureCause::http_no_answer,
                             what + ": no answer came (" + failure.text + ")");
    default:
      return Answer::unknown(FailureCause::http_broken,
                             exchange.response.status < 0
                                 ? what +
                                       ": the connection broke before the answer's head was "
                                       "whole (" +
                                       failure.text + ")"
                                 : status + ", but the answer broke off");
  }
}

}  // namespace

HttpHook::HttpHook(const HttpRequest& request, Duration timeout)
    : request_(request), timeout_(timeout) {}

Answer HttpHook::perform() {
  const BootTime deadline = BootClock::now() + timeout_;
  const auto parsed = parse_http_target(request_.url);
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    return Answer::not_sent(FailureCause::not_configured, *error);
  }
  const auto& target = std::get<HttpTarget>(parsed);
  const std::string what = request_.method + " " + target.text();
  std::shared_ptr<const net::Tls> tls;
  if (target.secure) {
    auto made = net::Tls::make({"", target.host, false, {}, {}});
    if (const auto* error = std::get_if<std::string>(&made)) {
      return Answer::not_sent(FailureCause::http_untrusted, what + ": " + *error);
    }
    tls = std::get<std::shared_ptr<const net::Tls>>(made);
  }
  net::HttpTransport transport({target.host, target.port}, tls, waiter_);
  const Exchange exchange = transport.exchange(request_for(request_, target), nullptr, deadline,
                                               nullptr, {kMaxBody, kReadOfFailure});
  const std::string status = what + ": HTTP " + std::to_string(exchange.response.status);
  const bool sent = exchange.end != Exchange::End::not_sent;
  // A 2xx was understood, however long what it goes on to say is.
  if (exchange.end == Exchange::End::whole || exchange.end == Exchange::End::too_long) {
    return answered(request_, status, exchange);
  }
  if (exchange.failure.kind == Kind::late || exchange.failure.kind == Kind::interrupted) {
    const Cut cut = exchange.failure.kind == Kind::late ? time_out() : why_cut();
    return sent ? Answer::unknown(cut.cause, cut.reason + ", the request was sent")
                : Answer::not_sent(cut.cause, cut.reason + ", before a connection was made");
  }
  if (!sent) return not_connected(what, exchange.failure);
  if (exchange.failure.kind == Kind::no_answer && !target.secure) {
    // Many a TLS server closes the connection on plain HTTP without a word, as one that crashes
    // does.
    const BootTime until = std::min(deadline, BootClock::now() + kProbeTime);
    if (speaks_tls({target.host, target.port}, waiter_, until)) {
      return Answer::unknown(FailureCause::http_tls_expected, what + ": the server speaks TLS");
    }
  }
  return no_answer(what, status, exchange);
}

void HttpHook::cut(FailureCause cause, const std::string& reason) {
  {
    MutexLock lock(mutex_);
    if (!cut_) cut_ = Cut{cause, reason};
  }
  waiter_.interrupt();
}

HttpHook::Cut HttpHook::time_out() const {
  return {FailureCause::http_timeout, "no whole answer within " + format_duration(timeout_)};
}

HttpHook::Cut HttpHook::why_cut() {
  MutexLock lock(mutex_);
  return cut_.value_or(Cut{});
}

}  // namespace ebbgate::local
