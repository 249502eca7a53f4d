#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// One request to the API server.
struct Request {
  std::string verb;  ///< as Kubernetes names it, for metrics and errors: get, list, watch, patch…
  std::string resource;  ///< its plural, for metrics and errors: configmaps, leases, events…
  std::string method = "GET";
  std::string path;  ///< absolute, with its query, escaped
  std::string content_type;
  std::string body;
  Duration deadline = std::chrono::seconds(30);  ///< of the whole request
};

/// What became of a request.
struct Response {
  enum class Result {
    answered,  ///< with a status of any kind, and a whole body
    not_sent,  ///< DNS, connect or TLS failed, or there are no credentials: surely never arrived
    broken,    ///< a break or a time-out after sending: it may have arrived
  };

  Result result = Result::not_sent;
  /// Of not_sent: this process lacks descriptors, memory, threads or ports.
  bool own_resources = false;
  int status = 0;  ///< HTTP's; 0 unless answered
  std::string body;
  std::optional<Duration> retry_after;
  /// One line for people of anything but a 2xx: what was asked of whom, what was answered (a
  /// Status' message), and what to do. Never holds a token or a body.
  std::string error;
  /// Of a 4xx: the body is a Kubernetes Status, so the API server itself refused.
  bool has_status_body = false;

  bool ok() const { return result == Result::answered && status >= 200 && status < 300; }
};

/// A kept-alive connection to the API server with the credentials of the configuration. One thread
/// at a time sends; each thread has its own. A request on a connection that turns out to be closed
/// before anything was sent goes out once more on a new one; a 401 makes the credentials be read
/// again and the request go out once more. Nothing else is repeated here.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual Response send(const Request& request) = 0;

  /// Gets pieces of a 2xx body as they come; false ends the request.
  using Receive = std::function<bool(std::string_view)>;
  /// As send(), but hands the body of a 2xx to `receive`, and breaks off when nothing comes for as
  /// long as `silence`. `deadline` bounds the wait for the answer's head only. Answered means that
  /// the body came to its end, or that `receive` said false.
  virtual Response stream(const Request& request, Duration silence, const Receive& receive) = 0;

  /// Any thread: what is under way, and everything after it, ends at once as broken or not sent.
  virtual void interrupt() = 0;
};

/// Where connections come from. Any thread.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual std::unique_ptr<Connection> connect() = 0;
};

/// Who counts requests. Any thread; must not block.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  /// `code`: the HTTP status, or 0 where none came. Of a watch: when its head came.
  virtual void requested(const std::string& verb, const std::string& resource, int code,
                         Duration took) = 0;
};

}  // namespace ebbgate::kubernetes
