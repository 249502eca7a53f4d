#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/event.h"
#include "controller/kubernetes/event_writer.h"

namespace ebbgate::kubernetes {

/// Writes Kubernetes Events about workloads, gathered into series, from a thread of its own between
/// start() and stop(). What is recorded before start() is written after it; what is not written by
/// stop() is lost.
class EventRecorder final : public EventSink {
 public:
  /// The clock must outlive it. `callbacks` are called on its thread.
  EventRecorder(std::unique_ptr<Connection> connection, const Clock& clock,
                EventWriter::Callbacks callbacks, const EventSeriesLimits& limits = {});
  ~EventRecorder() override;
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// Once. Throws NoThread.
  void start();
  /// Ends a request that is under way. Any number of times.
  void stop() EBBGATE_EXCLUDES(mutex_);

  void record(const EventTarget& target, EventReason reason, EventType type,
              const std::string& message) override EBBGATE_EXCLUDES(mutex_);

 private:
  void run() EBBGATE_EXCLUDES(mutex_);

  const std::unique_ptr<Connection> connection_;
  const Clock& clock_;
  EventWriter writer_;
  Mutex mutex_;
  Condition changed_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool recorded_ EBBGATE_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace ebbgate::kubernetes
