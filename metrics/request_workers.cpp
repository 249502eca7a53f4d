#include "metrics/request_workers.h"

#include <sys/socket.h>

#include <utility>

namespace ebbgate::metrics {

namespace {

constexpr const char* kName = "http worker";

}  // namespace

RequestWorkers::RequestWorkers(const ServerLimits& limits, Serve serve, Done done)
    : limits_(limits), serve_(std::move(serve)), done_(std::move(done)) {}

RequestWorkers::~RequestWorkers() {
  stop();
}

void RequestWorkers::start() {
  Thread first;
  first.demand(kName, "answering requests", [this] { work(); });
  const MutexLock lock(mutex_);
  threads_.push_back(std::move(first));
}

bool RequestWorkers::submit(Connection& connection) {
  const MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= limits_.queue) return false;
  if (idle_ <= queue_.size() && threads_.size() < limits_.threads) {
    Thread more;
    // Where there is none to be had, those that there are do.
    if (more.start(kName, [this] { work(); }) == 0) threads_.push_back(std::move(more));
  }
  queue_.push_back(std::move(connection));
  wake_.notify_one();
  return true;
}

std::optional<SteadyTime> RequestWorkers::cut_off_slow_clients(SteadyTime now) {
  const MutexLock lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  std::size_t wanted = queue_.size();
  for (const auto& [since, socket] : blocked_) {
    if (now - since < limits_.patience) return since + limits_.patience;
    if (wanted-- == 0) break;
    ::shutdown(socket, SHUT_RDWR);  // wakes its thread, which still owns it
  }
  return now + limits_.patience;
}

void RequestWorkers::begin_stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  queue_.clear();
  for (const auto& [since, socket] : blocked_) ::shutdown(socket, SHUT_RDWR);
  wake_.notify_all();
}

void RequestWorkers::stop() {
  begin_stop();
  std::vector<Thread> threads;
  {
    const MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (Thread& thread : threads) thread.join();
}

void RequestWorkers::work() {
  mutex_.lock();
  while (true) {
    ++idle_;
    while (queue_.empty() && !stopping_) wake_.wait(mutex_);
    --idle_;
    if (stopping_) break;
    Connection connection = std::move(queue_.front());
    queue_.pop_front();
    mutex_.unlock();
    serve(connection);
    done_(std::move(connection));
    mutex_.lock();
  }
  mutex_.unlock();
}

void RequestWorkers::serve(Connection& connection) {
  const int socket = connection.socket.get();
  std::optional<SteadyTime> since;  // it first waited, so that a trickle gains no time
  std::optional<Blocked::iterator> place;
  serve_(connection, [&](bool waits) {
    const MutexLock lock(mutex_);
    if (!waits) {
      blocked_.erase(*place);
      return;
    }
    if (!since) since = std::chrono::steady_clock::now();
    place = blocked_.emplace(*since, socket);
    if (stopping_) ::shutdown(socket, SHUT_RDWR);
  });
}

}  // namespace ebbgate::metrics
