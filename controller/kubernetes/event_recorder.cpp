#include "controller/kubernetes/event_recorder.h"

#include <utility>

namespace ebbgate::kubernetes {

EventRecorder::EventRecorder(std::unique_ptr<Connection> connection, const Clock& clock,
                             EventWriter::Callbacks callbacks, const EventSeriesLimits& limits)
    : connection_(std::move(connection)),
      clock_(clock),
      writer_(*connection_, std::move(callbacks), limits, clock.now().boot) {}

EventRecorder::~EventRecorder() {
  stop();
}

void EventRecorder::start() {
  thread_.demand("events", "writing events", [this] { run(); });
}

void EventRecorder::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  connection_->interrupt();
  if (thread_.joinable()) thread_.join();
}

void EventRecorder::record(const EventTarget& target, EventReason reason, EventType type,
                           const std::string& message) {
  writer_.record(clock_.now(), target, reason, type, message);
  {
    const MutexLock lock(mutex_);
    recorded_ = true;
  }
  changed_.notify_all();
}

void EventRecorder::run() {
  for (;;) {
    const std::optional<BootTime> next = writer_.turn(clock_);
    const MutexLock lock(mutex_);
    while (!stopping_ && !recorded_) {
      if (!next) {
        changed_.wait(mutex_);
        continue;
      }
      const Duration left = *next - clock_.now().boot;
      if (left <= Duration::zero()) break;
      changed_.wait_for(mutex_, left);
    }
    if (stopping_) return;
    recorded_ = false;
  }
}

}  // namespace ebbgate::kubernetes
