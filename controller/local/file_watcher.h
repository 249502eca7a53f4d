#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "controller/local/change_notifier.h"
#include "controller/local/file_system.h"
#include "controller/local/reading_pool.h"
#include "controller/local/reading_turns.h"
#include "controller/local/shared_notifier.h"
#include "controller/local/tree_reader.h"
#include "controller/local/watched_workloads.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// What the watcher has done so far. `last_event` is when inotify last reported something.
struct WatchStatistics {
  std::uint64_t events = 0;
  std::uint64_t overflows = 0;  ///< of inotify's queue, each followed by a full rescan
  std::uint64_t rescans = 0;    ///< beside the first scan
  std::uint64_t reads = 0;      ///< of files' contents
  std::uint64_t watches = 0;    ///< in use now
  std::uint64_t reading = 0;    ///< watch entries that are read now, or next
  std::uint64_t overdue = 0;    ///< those that take longer than they may
  std::optional<WallTime> last_event;
};

/// A watch entry that is being read and takes its time.
struct SlowRead {
  std::string path;
  BootTime since;
  bool first = false;    ///< nothing is known of it before that ends
  bool overdue = false;  ///< people are told
  std::vector<WorkloadKey> workloads;
};

/// A watched path that is neither a file nor a folder, and thus counts as absent.
struct PassedOver {
  std::string path;
  FileKind kind = FileKind::absent;
  auto operator<=>(const PassedOver&) const = default;
};

/// Follows the files of local workloads and tells what they hold (semantics, section 3): at once
/// after a writer closes or renames, a second after a bare modification, and at each rescan. On a
/// thread of its own, between start() and stop(), which never waits for a file system: that is left
/// to the threads of a pool.
class FileWatcher {
 public:
  /// Gets warnings for people, from the watcher's thread; must not block.
  using Log = std::function<void(const std::string& line)>;
  /// How long a read may take: the first one of an entry before its workloads are told of without
  /// it, and any one before people are told.
  struct Patience {
    Duration first = std::chrono::milliseconds(500);
    Duration any = std::chrono::seconds(5);
  };
  /// What tests replace.
  struct Parts {
    std::shared_ptr<FileSystem> files;
    std::unique_ptr<ChangeNotifier> notifier;
    Patience patience;
    ReadingPool::Sizes threads;
    std::vector<OwnFiles> own_files;
  };

  /// `own_files` are passed over in watched folders. `sink` and `log` are called from the watcher's
  /// thread only. Throws std::system_error where the machine has no descriptors left.
  FileWatcher(LocalSettings settings, WatchSink sink, Log log, std::vector<OwnFiles> own_files);
  FileWatcher(LocalSettings settings, WatchSink sink, Log log, Parts parts);
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  /// Once. Throws NoThread.
  void start();
  /// Takes over other settings soon; only what differs is told. Any thread; does not block.
  void reconfigure(LocalSettings settings);
  /// Nothing is told after it. False: threads are left that wait for a file system, and touch
  /// nothing of this object's. Any number of times, but not from the sink.
  bool stop();
  /// Any thread.
  WatchStatistics statistics() const;
  /// The reads that take their time, the longest first; at most a hundred. Any thread.
  std::vector<SlowRead> slow_reads() const;
  /// Any thread.
  std::vector<PassedOver> passed_over() const;

 private:
  class Descriptor;
  class Mailbox;
  struct Reading;
  struct Entry {
    SharedNotifier::Subscriber number = 0;
    std::shared_ptr<TreeReader> reader;
    TreeReader::Order order;  // for the next reading
    bool wanted = false;
    ReadingPool::Urgency urgency = ReadingPool::Urgency::whenever;
    std::shared_ptr<Reading> reading;  // null while none is going on
    BootTime submitted;
    std::optional<BootTime> due;
  };

  void run();
  void wait();
  void take_settings();
  void apply(LocalSettings settings);
  void plan_rescan();
  void scan_everything();
  void take_events();
  void take(const ChangeEvent& event);
  void want_what_is_due();
  void want(const WatchEntry& entry, ReadingPool::Urgency urgency);
  void begin_reading(const WatchEntry& entry);
  void take_results();
  void take_result(Entry& entry, TreeContent content);
  void end_reading(const WatchEntry& entry);
  void note_kind(const WatchEntry& entry, FileKind kind);
  void set_due(Entry& entry, std::optional<BootTime> due);
  void look_after_slow_reads();
  void look_after(const WatchEntry& entry, Entry& state, bool exhausted,
                  std::vector<SlowRead>& slow);
  void drop(const WatchEntry& entry);
  void publish_statistics();

  const Log log_;
  const Patience patience_;
  const std::shared_ptr<FileSystem> files_;
  const std::vector<OwnFiles> own_files_;
  const std::shared_ptr<SharedNotifier> notifier_;
  const std::unique_ptr<Descriptor> epoll_;
  const std::shared_ptr<Mailbox> mailbox_;
  ReadingPool pool_;

  mutable Mutex mutex_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::optional<LocalSettings> next_settings_ EBBGATE_GUARDED_BY(mutex_);
  WatchStatistics published_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<SlowRead> slow_reads_ EBBGATE_GUARDED_BY(mutex_);
  std::map<WatchEntry, FileKind> passed_over_ EBBGATE_GUARDED_BY(mutex_);

  // Of the thread alone.
  Duration rescan_interval_{};
  std::shared_ptr<const IgnoreRules> ignore_;
  WatchedWorkloads workloads_;
  EntryStates states_;
  std::map<WatchEntry, Entry> entries_;
  std::unordered_map<SharedNotifier::Subscriber, WatchEntry> by_number_;
  SharedNotifier::Subscriber last_number_ = 0;
  ReadingTurns turns_;
  std::set<WatchEntry> reading_;
  std::set<std::pair<BootTime, WatchEntry>> due_;
  BootTime now_;  // of this turn
  BootTime next_rescan_;
  BootTime next_look_;
  bool listed_ = false;
  WatchStatistics statistics_;
  std::vector<ChangeEvent> events_;

  Thread thread_;
};

}  // namespace ebbgate::local
