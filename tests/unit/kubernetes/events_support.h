#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/event.h"

namespace ebbgate::kubernetes::testing {

using namespace std::chrono_literals;

inline EventTarget target_of(const std::string& name, const std::string& uid = "") {
  return {{"default", "Deployment", name}, uid.empty() ? "uid-" + name : uid, 42};
}

/// Time that only the test moves.
class VirtualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(Duration duration) {
    now_.boot += duration;
    now_.wall += std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  }

 private:
  Instant now_{BootTime(1000s), WallTime(1'700'000'000s)};  // 2023-11-14T22:13:20Z
};

inline Response answered(int status, const std::string& error = "") {
  Response response;
  response.result = Response::Result::answered;
  response.status = status;
  response.error = error;
  return response;
}

inline Response broken() {
  Response response;
  response.result = Response::Result::broken;
  response.error = "broken";
  return response;
}

/// An API server that keeps what it is asked and says what it is told to say, then 201. Any thread.
class FakeConnection final : public Connection {
 public:
  Response send(const Request& request) override EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    while (hanging_ && !interrupted_) changed_.wait(mutex_);
    if (interrupted_) return broken();
    if (answers_.empty()) return answered(201);
    Response response = answers_.front();
    answers_.pop_front();
    return response;
  }
  Response stream(const Request&, Duration, const Receive&) override { return broken(); }
  void interrupt() override EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    interrupted_ = true;
    changed_.notify_all();
  }

  void answer(const Response& response) EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    answers_.push_back(response);
  }
  void hang() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    hanging_ = true;
  }
  std::vector<Request> requests() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return requests_;
  }
  /// Whether so many requests came, within a generous time.
  bool wait_for(std::size_t count) EBBGATE_EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    const MutexLock lock(mutex_);
    while (requests_.size() < count && std::chrono::steady_clock::now() < deadline) {
      changed_.wait_for(mutex_, 100ms);
    }
    return requests_.size() >= count;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<Request> requests_ EBBGATE_GUARDED_BY(mutex_);
  std::deque<Response> answers_ EBBGATE_GUARDED_BY(mutex_);
  bool hanging_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool interrupted_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::kubernetes::testing
