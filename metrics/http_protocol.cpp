#include "metrics/http_protocol.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <httplib.h>

namespace ebbgate::metrics {

namespace {

using std::chrono::steady_clock;

// The request line and the only header that reaches the library. What it would do on others' behalf
// is not wanted: ranges (many small ones of a large reply exhaust memory) and compression (brotli
// at its slowest); and bodies have been received before.
std::string wanted_of(std::string_view head) {
  std::string kept;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end == head.npos ? end : end + 1);
    if (kept.empty() || is_header(line, "if-none-match")) kept += line;
    head.remove_prefix(line.size());
  }
  return kept + "\r\n";
}

// What was received as the library reads it, and the socket as it writes, all until one deadline.
class DeadlineStream final : public httplib::Stream {
 public:
  DeadlineStream(int fd, std::string head, SteadyTime deadline, const ClientWait& client_wait)
      : fd_(fd), head_(std::move(head)), deadline_(deadline), client_wait_(client_wait) {}

  bool is_readable() const override { return position_ < head_.size(); }
  bool is_writable() const override { return steady_clock::now() < deadline_; }

  ssize_t read(char* to, size_t size) override {
    const std::size_t count = std::min(size, head_.size() - position_);
    std::memcpy(to, head_.data() + position_, count);
    position_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    while (true) {
      const ssize_t sent = ::send(fd_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) return sent;
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return -1;
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now());
      if (left.count() <= 0) return -1;
      pollfd writable{fd_, POLLOUT, 0};
      client_wait_(true);
      ::poll(&writable, 1, static_cast<int>(left.count()));
      client_wait_(false);
    }
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // The library refuses descriptors beyond select()'s reach; none is needed here.
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  const int fd_;
  const std::string head_;
  std::size_t position_ = 0;
  const SteadyTime deadline_;
  const ClientWait& client_wait_;
};

// Of every reply that does not bring another of that name.
const std::vector<std::pair<std::string, std::string>>& common_headers() {
  static const std::vector<std::pair<std::string, std::string>> kHeaders = {
      {"Cache-Control", "no-cache"},
      {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"}};
  return kHeaders;
}

void set_error(httplib::Response& response, int status, const char* message) {
  response.status = status;
  response.set_content(std::string(R"({"error":")") + message + "\"}\n", "application/json");
}

}  // namespace

// The library as a reader of requests and a writer of replies; its own sockets, threads and routes
// stay unused.
class HttpProtocol::Server final : public httplib::Server {
 public:
  Server(metrics::Handler handler, ServerLimits limits)
      : handler_(std::move(handler)), limits_(limits) {
    set_default_headers(httplib::Headers(common_headers().begin(), common_headers().end()));
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      handle(request, response);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      set_error(response, response.status,
                response.status == 414 ? "the URL is too long" : "this is no valid HTTP request");
    });
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          set_error(response, 500, "internal error");
        });
  }

  void serve(Connection& connection, const ClientWait& client_wait) {
    const std::string_view received = connection.received;
    DeadlineStream stream(connection.socket.get(),
                          wanted_of(received.substr(0, connection.head_size)),
                          connection.accepted + limits_.total_time, client_wait);
    bool closed = false;
    process_request(stream, true, closed, [&](httplib::Request& request) {
      request.body = received.substr(connection.head_size, connection.head->body_size);
    });
  }

 private:
  void handle(const httplib::Request& from, httplib::Response& response) const {
    Request request;
    request.method = from.method == "HEAD" ? "GET" : from.method;
    request.path = from.target.substr(0, from.target.find_first_of("?#"));
    for (const auto& [name, value] : from.params) request.parameters[name] = value;
    request.if_none_match = from.get_header_value("If-None-Match");
    request.body = from.body;
    Reply reply = handler_(request);
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) {
      response.headers.erase(name);
      response.set_header(name, value);
    }
    if (!reply.content_type.empty()) response.set_header("Content-Type", reply.content_type);
    response.body = std::move(reply.body);
  }

  const metrics::Handler handler_;
  const ServerLimits limits_;
};

HttpProtocol::HttpProtocol(Handler handler, ServerLimits limits)
    : server_(std::make_unique<Server>(std::move(handler), limits)) {}

HttpProtocol::~HttpProtocol() = default;

void HttpProtocol::serve(Connection& connection, const ClientWait& client_wait) {
  server_->serve(connection, client_wait);
}

std::string refusal_text(const Refusal& refusal) {
  const std::string body = std::string(R"({"error":")") + refusal.message + "\"}\n";
  std::string head = "HTTP/1.1 " + std::to_string(refusal.status) + " " + refusal.reason;
  for (const auto& [name, value] : common_headers()) head += "\r\n" + name + ": " + value;
  return head +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         (refusal.status == 503 ? "\r\nRetry-After: 1" : "") + "\r\nConnection: close\r\n\r\n" +
         body;
}

}  // namespace ebbgate::metrics
