#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "metrics/connection.h"

namespace ebbgate::metrics {

/// Threads that serve connections: one from start() on, so that none can be wanting altogether,
/// others begun as they are needed and kept; a bounded queue before them.
class RequestWorkers final {
 public:
  /// Serves a request; may block on its client until it is cut off.
  using Serve = std::function<void(Connection&, const ClientWait&)>;
  /// Takes a served connection back, on the thread that served it.
  using Done = std::function<void(Connection)>;

  RequestWorkers(const ServerLimits& limits, Serve serve, Done done);
  ~RequestWorkers();
  RequestWorkers(const RequestWorkers&) = delete;
  RequestWorkers& operator=(const RequestWorkers&) = delete;

  /// Makes the first thread. Throws NoThread.
  void start() EBBGATE_EXCLUDES(mutex_);

  /// false: the queue is full, and the connection stays the caller's. Never blocks.
  bool submit(Connection& connection) EBBGATE_EXCLUDES(mutex_);

  /// When requests wait for a thread, cuts off clients that one has waited for since longer than
  /// the limits' patience, at most as many as wait. How long a thread works counts for nobody.
  /// Returns when to look again; nothing: no request waits.
  std::optional<SteadyTime> cut_off_slow_clients(SteadyTime now) EBBGATE_EXCLUDES(mutex_);

  /// Cuts off everybody; the threads end as soon as what they serve has. Never blocks.
  void begin_stop() EBBGATE_EXCLUDES(mutex_);
  /// The same, and waits for the threads.
  void stop() EBBGATE_EXCLUDES(mutex_);

 private:
  using Blocked = std::multimap<SteadyTime, int>;

  void work() EBBGATE_EXCLUDES(mutex_);
  void serve(Connection& connection) EBBGATE_EXCLUDES(mutex_);

  const ServerLimits limits_;
  const Serve serve_;
  const Done done_;
  Mutex mutex_;
  Condition wake_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::size_t idle_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::deque<Connection> queue_ EBBGATE_GUARDED_BY(mutex_);
  Blocked blocked_ EBBGATE_GUARDED_BY(mutex_);  // on a client: since when, its socket
  std::vector<Thread> threads_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::metrics
