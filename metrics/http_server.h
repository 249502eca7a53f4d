#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "metrics/host_names.h"
#include "metrics/http_protocol.h"
#include "metrics/listener.h"
#include "metrics/request_workers.h"

namespace ebbgate::metrics {

/// An HTTP/1.1 server that slow and hostile clients cannot hold up: one request a connection, one
/// deadline for all of it, everything bounded.
///
/// One thread accepts and receives requests without ever blocking on a client, so that idle and
/// slow ones cost a descriptor and no thread; whole requests are answered by a few others.
class HttpServer final {
 public:
  /// Serves at once. `handler` must stay valid until stop() returns. Requests to other names than
  /// `names` are refused; null: to none. Throws NoThread, or std::system_error where no descriptor
  /// is to be had.
  HttpServer(std::unique_ptr<Listener> listener, Handler handler, ServerLimits limits = {},
             std::shared_ptr<const HostNames> names = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return listener_->port(); }
  const std::string& address() const { return listener_->address(); }

  /// Answers to these names from now on. Any thread.
  void answer_to(std::shared_ptr<const HostNames> names) EBBGATE_EXCLUDES(mutex_);

  /// Cuts off everybody; all threads end once handlers at work have. Never blocks.
  void begin_stop();
  /// Cuts off everybody and ends all threads; waits only for handlers that are at work. May be
  /// called again.
  void stop() EBBGATE_EXCLUDES(mutex_);

 private:
  void run() EBBGATE_EXCLUDES(mutex_);
  int poll_timeout(SteadyTime now);
  void accept_all(SteadyTime now);
  // Whether the connection goes on receiving.
  bool receive(Connection& connection) EBBGATE_EXCLUDES(mutex_);
  bool take_head(Connection& connection) EBBGATE_EXCLUDES(mutex_);
  bool take_body(Connection& connection);
  SteadyTime deadline_of(const Connection& connection) const;
  void turn_away(Connection& connection, const Refusal& refusal);
  // Adds to `lingering_`, and removes nothing from any list.
  void linger(Connection connection);
  void drop_overdue(SteadyTime now);
  void take_served() EBBGATE_EXCLUDES(mutex_);
  void wake();

  const ServerLimits limits_;
  ByteBudget bodies_;
  std::unique_ptr<Listener> listener_;
  Descriptor wake_;  // an eventfd
  std::atomic<bool> stopping_ = false;

  // Of the one thread.
  SteadyTime accept_again_;                    // no descriptors were left: wait for some
  SteadyTime look_again_ = SteadyTime::max();  // for slow clients of the workers
  std::list<Connection> receiving_;            // the oldest first, as below
  std::list<Connection> lingering_;            // answered; `accepted` is when

  Mutex mutex_;
  std::vector<Connection> served_ EBBGATE_GUARDED_BY(mutex_);
  std::shared_ptr<const HostNames> names_ EBBGATE_GUARDED_BY(mutex_);

  HttpProtocol protocol_;
  RequestWorkers workers_;
  Thread thread_;
};

}  // namespace ebbgate::metrics
