#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "controller/local/change_notifier.h"
#include "controller/local/file_system.h"
#include "controller/local/file_tree.h"
#include "controller/local/watch_table.h"
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
  std::optional<WallTime> last_event;
};

/// Follows the files of local workloads and tells what they hold (semantics, section 3): at once
/// after a writer closes or renames, a second after a bare modification, and at each rescan. On a
/// thread of its own, between start() and stop().
class FileWatcher {
 public:
  /// Gets warnings for people, from the watcher's thread; must not block.
  using Log = std::function<void(const std::string& line)>;

  /// `sink` and `log` are called from the watcher's thread only. Throws std::system_error where the
  /// machine has no descriptors left.
  FileWatcher(LocalSettings settings, WatchSink sink, Log log);
  /// As above, with files and reports of another make.
  FileWatcher(LocalSettings settings, WatchSink sink, Log log, std::unique_ptr<FileSystem> files,
              std::unique_ptr<ChangeNotifier> notifier);
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  /// Once. Throws std::system_error where the machine has no threads left.
  void start();
  /// Takes over other settings soon; only what differs is told. Any thread; does not block.
  void reconfigure(LocalSettings settings);
  /// Nothing is told after it. Any number of times, but not from the sink.
  void stop();
  /// Any thread.
  WatchStatistics statistics() const;

 private:
  class Descriptor;
  // How much reading a tree's events cost: in this turn, and per node in the last one.
  struct Pace {
    Duration spent{};
    int nodes = 0;
    Duration per_node{};
  };

  void run();
  void wait();
  void take_settings();
  void apply(LocalSettings settings);
  void plan_rescan();
  void scan_everything();
  void scan_some();
  void scan_one();
  void take_events();
  void take(const ChangeEvent& event);
  BootTime time_to_read(const ChangeEvent& event, const std::string& path);
  void read_due();
  bool put_off(FileNode& node, const Pace& pace);
  void settle(FileTree& tree);
  void publish_statistics();
  void wake();

  const Log log_;
  const std::unique_ptr<FileSystem> files_;
  const std::unique_ptr<ChangeNotifier> notifier_;
  const std::unique_ptr<Descriptor> epoll_;
  const std::unique_ptr<Descriptor> waker_;

  mutable Mutex mutex_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::optional<LocalSettings> next_settings_ EBBGATE_GUARDED_BY(mutex_);
  WatchStatistics published_ EBBGATE_GUARDED_BY(mutex_);

  // Of the thread alone.
  Duration rescan_interval_{};
  WatchTable watches_;
  DueQueue due_;
  TreeParts parts_;
  WatchedWorkloads workloads_;
  std::map<std::string, std::unique_ptr<FileTree>> trees_;
  std::set<std::string> to_scan_;
  std::string last_scanned_;  // they take turns, so that overflows starve none
  std::unordered_map<FileTree*, Pace> paces_;
  BootTime now_{};  // of this turn
  BootTime next_rescan_{};
  bool listed_ = false;
  WatchStatistics statistics_;
  std::vector<ChangeEvent> events_;

  std::thread thread_;
};

}  // namespace ebbgate::local
