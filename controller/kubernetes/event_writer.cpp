#include "controller/kubernetes/event_writer.h"

#include <algorithm>
#include <utility>

#include "controller/kubernetes/event_request.h"

namespace ebbgate::kubernetes {

namespace {

constexpr Duration kPatience = std::chrono::minutes(2);
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLongestRetry = std::chrono::seconds(30);
constexpr std::size_t kMostForbidden = 1000;

bool is_worth_retrying(const Response& response) {
  if (response.result != Response::Result::answered) return true;
  return response.status == 401 || response.status == 408 || response.status == 429 ||
         response.status >= 500;
}

Duration retry_wait(const Response& response, int failures) {
  const Duration grown =
      failures > 5 ? kLongestRetry : std::min(kFirstRetry * (1 << (failures - 1)), kLongestRetry);
  return std::max(grown, response.retry_after.value_or(Duration::zero()));
}

}  // namespace

EventWriter::EventWriter(Connection& connection, Callbacks callbacks,
                         const EventSeriesLimits& limits, BootTime now)
    : connection_(connection), callbacks_(std::move(callbacks)), series_(limits, now) {}

void EventWriter::record(Instant now, const EventTarget& target, EventReason reason, EventType type,
                         const std::string& message) {
  const MutexLock lock(mutex_);
  series_.record(now, target, reason, type, message);
}

std::optional<BootTime> EventWriter::turn(const Clock& clock) {
  const BootTime now = clock.now().boot;
  if (!job_) take_job(now);
  if (job_ && job_->next_try <= now) send(clock);
  if (job_) return job_->next_try;
  const MutexLock lock(mutex_);
  return series_.next(clock.now().boot);
}

void EventWriter::take_job(BootTime now) {
  std::uint64_t dropped = 0;
  {
    const MutexLock lock(mutex_);
    if (auto write = series_.take(now)) job_ = Job{*std::move(write), now, now};
    dropped = std::exchange(told_dropped_, series_.dropped());
    dropped = told_dropped_ - dropped;
  }
  if (dropped > 0 && callbacks_.dropped) callbacks_.dropped(dropped);
}

void EventWriter::send(const Clock& clock) {
  const Response response = connection_.send(event_request(job_->write));
  const bool answered = response.result == Response::Result::answered;
  if (response.ok() || (answered && response.status == 409 && job_->write.create)) {
    // A conflict: an earlier try did arrive.
    forbidden_.erase(job_->write.target.key.namespace_name);
    job_.reset();
  } else if (answered && response.status == 404 && !job_->write.create) {
    // It expired, or was never taken.
    job_->write.create = true;
  } else {
    fail(response, clock.now().boot);
  }
}

void EventWriter::fail(const Response& response, BootTime now) {
  const bool is_forbidden = response.result == Response::Result::answered && response.status == 403;
  if (is_forbidden && forbidden_.size() < kMostForbidden &&
      forbidden_.insert(job_->write.target.key.namespace_name).second) {
    callbacks_.warn("Events cannot be written: " + response.error);
  }
  ++job_->failures;
  job_->next_try = now + retry_wait(response, job_->failures);
  if (!is_worth_retrying(response) || job_->next_try > job_->begun + kPatience) drop();
}

void EventWriter::drop() {
  job_.reset();
  if (callbacks_.dropped) callbacks_.dropped(1);
}

}  // namespace ebbgate::kubernetes
