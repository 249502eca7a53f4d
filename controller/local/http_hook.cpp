#include "controller/local/http_hook.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

#include <httplib.h>

#include "base/unicode.h"
#include "controller/local/http_socket.h"

namespace ebbgate::local {
namespace {

std::unique_ptr<httplib::ClientImpl> make_client(const HttpTarget& target) {
  if (target.secure) return std::make_unique<httplib::SSLClient>(target.host, target.port);
  return std::make_unique<httplib::ClientImpl>(target.host, target.port);
}

bool is_tls(httplib::Error error) {
  return error == httplib::Error::SSLConnection || error == httplib::Error::SSLLoadingCerts ||
         error == httplib::Error::SSLServerVerification;
}

std::string tls_detail(const httplib::ClientImpl& client, httplib::Error error) {
  std::string detail = "no trusted TLS connection: " + httplib::to_string(error);
  const auto* secure = dynamic_cast<const httplib::SSLClient*>(&client);
  if (secure != nullptr && error == httplib::Error::SSLServerVerification) {
    const long result = secure->get_openssl_verify_result();
    detail += result == X509_V_OK ? ": the certificate is for another name"
                                  : ": " + std::string(X509_verify_cert_error_string(result));
  }
  return detail;
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

}  // namespace

HttpHook::HttpHook(const HttpRequest& request, Duration timeout)
    : request_(request),
      deadline_(BootClock::now() + timeout),
      target_(parse_http_target(request.url)) {
  if (const auto* target = std::get_if<HttpTarget>(&target_)) {
    lookup_ = std::make_shared<HttpLookup>(target->host);
  }
}

std::optional<Answer> HttpHook::perform() {
  if (is_cut()) return std::nullopt;
  Answer answer = exchange();
  MutexLock lock(mutex_);
  socket_.reset();
  if (std::exchange(over_, true)) return std::nullopt;
  return answer;
}

std::optional<Answer> HttpHook::cut(FailureCause cause, const std::string& reason) {
  if (lookup_) lookup_->abandon();
  MutexLock lock(mutex_);
  if (std::exchange(over_, true)) return std::nullopt;
  if (!socket_) return Answer::not_sent(cause, reason + ", before a connection was made");
  ::shutdown(socket_.get(), SHUT_RDWR);
  if (carried_nothing(socket_.get())) {
    return Answer::not_sent(cause, reason + ", before the connection was made");
  }
  return Answer::unknown(cause, reason + ", the request was sent");
}

Answer HttpHook::exchange() {
  if (const auto* error = std::get_if<std::string>(&target_)) {
    return Answer::not_sent(FailureCause::not_configured, *error);
  }
  const auto& target = std::get<HttpTarget>(target_);
  const auto found = lookup_->wait();
  if (!found) return Answer::not_sent(FailureCause::interrupted, "cut");
  if (found->addresses.empty()) {
    return Answer::not_sent(FailureCause::http_unreachable,
                            "cannot look up " + target.host + ": " + found->error);
  }
  bool connected = false;
  Answer answer;
  std::size_t left = found->addresses.size();
  for (const std::string& address : found->addresses) {
    // The time is shared out, so that an address that never answers leaves some to the next.
    const Duration time = (deadline_ - BootClock::now()) / static_cast<Duration::rep>(left--);
    answer = request_from(target, address, time, connected);
    if (connected || is_cut()) break;
  }
  return answer;
}

Answer HttpHook::request_from(const HttpTarget& target, const std::string& address,
                              Duration connect_time, bool& connected) {
  const auto client = make_client(target);
  // cut() keeps the deadline; the client's own limits, a second later, are only a net.
  const Duration limit =
      std::max<Duration>(deadline_ - BootClock::now(), Duration::zero()) + std::chrono::seconds(1);
  client->set_connection_timeout(std::max<Duration>(connect_time, std::chrono::milliseconds(1)));
  client->set_read_timeout(limit);
  client->set_write_timeout(limit);
  client->set_hostname_addr_map({{target.host, address}});
  client->set_url_encode(false);
  client->set_decompress(false);
  client->set_socket_options([this](int socket) { adopt_socket(socket); });

  httplib::Request request;
  request.method = request_.method;
  request.path = target.path;
  for (const auto& [name, value] : request_.headers) request.set_header(name, value);
  if (!request.has_header("Host")) request.set_header("Host", target.host_header);
  std::size_t body = 0;
  std::string begun;
  request.content_receiver = [&](const char* data, std::size_t length, std::uint64_t,
                                 std::uint64_t) {
    begun.append(data, std::min(length, kToldBody + 1 - std::min(begun.size(), kToldBody + 1)));
    return (body += length) <= kMaxBody;
  };
  httplib::Response response;
  auto error = httplib::Error::Success;
  const bool complete = client->send(request, response, error);

  const std::string what = request_.method + " " + target.text();
  connected = error != httplib::Error::Connection && error != httplib::Error::ConnectionTimeout;
  if (!connected) {
    const bool late = error == httplib::Error::ConnectionTimeout;
    return Answer::not_sent(late ? FailureCause::http_timeout : FailureCause::http_unreachable,
                            what + ": cannot connect to " + address + ", port " +
                                std::to_string(target.port) +
                                (late ? ": no answer in time" : ": is it running?"));
  }
  if (is_tls(error)) {
    return Answer::refused(FailureCause::http_untrusted, what + ": " + tls_detail(*client, error));
  }
  if (response.status < 0) {
    return Answer::unknown(
        FailureCause::http_broken,
        what + ": the connection broke before an answer came (" + httplib::to_string(error) + ")");
  }
  const std::string status = what + ": HTTP " + std::to_string(response.status);
  if (!complete && body <= kMaxBody) {
    return Answer::unknown(FailureCause::http_broken, status + ", but the answer broke off");
  }
  if (response.status >= 200 && response.status < 300) return Answer::applied(status);
  return Answer::unknown(FailureCause::http_status, status + told(begun));
}

void HttpHook::adopt_socket(int socket) {
  MutexLock lock(mutex_);
  socket_.reset(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (over_ || !socket_) ::shutdown(socket, SHUT_RDWR);
}

bool HttpHook::is_cut() {
  MutexLock lock(mutex_);
  return over_;
}

}  // namespace ebbgate::local
