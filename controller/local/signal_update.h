#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// Sends signals to the processes that pid files name. Any thread, several at once.
///
/// The pid may have become another process's since the file was written. A process that wrote its
/// own pid started before it did so; hence one that started more than two seconds after the file's
/// last modification is a stranger and gets nothing. /proc tells the start in ticks since boot, the
/// file its time by the wall clock; the start is therefore reckoned back from what both clocks say
/// now. The two seconds allow for file systems that round times and for a clock that is being
/// slewed. A process that matched its file once is known by both from then on, whatever becomes of
/// the wall clock.
///
/// A file that others may write could name any process: it must belong to root, to Ebbgate's user
/// or to that of the process which it names, who may signal it anyway, and not be writable by all.
class SignalSender final {
 public:
  /// Whether the signal may still go. Asked once, right before it does.
  using MayGo = std::function<bool()>;

  /// `now` is called on any thread.
  explicit SignalSender(std::function<Instant()> now = [] { return SystemClock().now(); })
      : now_(std::move(now)) {}

  /// Applied, or refused with what is wrong. Waits for nothing but the file system that the pid
  /// file is on.
  Answer send(const SignalUpdate& update, const MayGo& may_go) EBBGATE_EXCLUDES(mutex_);
  /// Gets to know the process that the file names, and sends nothing.
  void look(const SignalUpdate& update) EBBGATE_EXCLUDES(mutex_);

 private:
  // What the pid file was and whom it named, when both matched.
  struct Match {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t written_seconds = 0;
    std::int64_t written_nanoseconds = 0;
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    bool operator==(const Match&) const = default;
  };
  struct Found;

  Found find(const SignalUpdate& update) EBBGATE_EXCLUDES(mutex_);
  bool is_known(const std::string& path, const Match& match) EBBGATE_EXCLUDES(mutex_);
  void know(const std::string& path, const Match& match) EBBGATE_EXCLUDES(mutex_);

  const std::function<Instant()> now_;
  Mutex mutex_;
  std::map<std::string, Match> known_ EBBGATE_GUARDED_BY(mutex_);  // by the path of the file
};

}  // namespace ebbgate::local
