#pragma once

#include <optional>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "controller/log.h"

namespace ebbgate {

/// Ends the process where its orderly end hangs, as in a file system that does not answer: a while
/// after SIGTERM or SIGINT came, whether or not anybody took notice, or after begin() was called.
/// Those signals must be blocked before it is made.
class LastResort final {
 public:
  /// `log` must outlive it. Throws NoThread.
  explicit LastResort(Log& log);
  /// The end came in time.
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  /// The orderly end begins now.
  void begin();

 private:
  void run() EBBGATE_EXCLUDES(mutex_);

  Log& log_;
  Descriptor signals_;  // readable while one of them waits to be taken
  Descriptor told_;     // an eventfd, readable once it began or ended
  Mutex mutex_;
  Condition changed_;
  bool ended_ EBBGATE_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace ebbgate
