#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "controller/local/file_watcher.h"
#include "controller/local/inotify.h"

namespace ebbgate::local::testing {

/// A folder that ends with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool contains(const std::string& text, const std::string& part);

/// Truncates, writes and closes, as an editor without backup files.
void write_file(const std::string& path, const std::string& content);
/// Writes beside it and renames.
void replace_file(const std::string& path, const std::string& content);
void make_folder(const std::string& path);
void make_link(const std::string& target, const std::string& path);
void rename_path(const std::string& from, const std::string& to);
void remove_path(const std::string& path);  ///< with everything below
/// Lets the link `path` lead elsewhere, as Kubernetes swaps `..data`.
void swap_link(const std::string& target, const std::string& path);

/// What the digests of references must be, worked out from the contents.
Digest absent_digest();
Digest file_digest(const std::string& content);
Digest folder_digest(const std::map<std::string, std::string>& contents);

/// Keeps what a watcher tells. Every wait has a generous limit and ends the test beyond it.
class Recorder {
 public:
  WatchSink sink();
  FileWatcher::Log log();

  /// The digest last told of a workload's only reference; of the fixture's kind.
  void wait_for_digest(const std::string& workload, const Digest& digest);
  void wait_for_listed();
  void wait_until(const std::string& what, const std::function<bool()>& holds);

  std::vector<Observation> of(const std::string& workload) const;
  std::size_t count(const std::string& workload) const { return of(workload).size(); }
  Observation last(const std::string& workload) const;
  std::vector<std::string> gone() const;
  std::vector<std::string> lines() const;
  int listed() const;
  /// Called with each observation, from the watcher's thread. To be set before it starts.
  std::function<void(const Observation&)> on_observed;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::vector<Observation>> observed_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> gone_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> lines_ EBBGATE_GUARDED_BY(mutex_);
  int listed_ EBBGATE_GUARDED_BY(mutex_) = 0;
};

/// Files of which some cannot be read.
class FailingFileSystem final : public FileSystem {
 public:
  /// `error` 0 makes it readable again.
  void fail(const std::string& path, int error);

  FileStatus status(const std::string& path) override { return files_.status(path); }
  int read_link(const std::string& path, std::string& target) override {
    return files_.read_link(path, target);
  }
  int list(const std::string& path, std::size_t most, std::vector<std::string>& names) override;
  FileContent read(const std::string& path, const ReadLimits& limits) override;

  /// Called before a content is read, from any thread. To be set before it starts.
  std::function<void(const std::string& path)> before_read;
  /// Says that the next this many contents changed while they were read.
  std::atomic<int> moving{0};

 private:
  int error_of(const std::string& path);

  SystemFileSystem files_;
  Mutex mutex_;
  std::map<std::string, int> errors_ EBBGATE_GUARDED_BY(mutex_);
};

/// inotify that can lose reports and run out of watches.
class LossyNotifier final : public ChangeNotifier {
 public:
  int descriptor() const override { return inotify_.descriptor(); }
  int problem() const override { return inotify_.problem(); }
  int add(const std::string& path, std::uint32_t mask) override;
  void remove(int watch) override { inotify_.remove(watch); }
  void read(std::vector<ChangeEvent>& events) override;

  std::atomic<bool> losing{false};    ///< reports vanish
  std::atomic<bool> overflow{false};  ///< the next reports become one that some were lost
  std::atomic<int> add_error{0};      ///< an errno for every new watch
  std::atomic<int> lost{0};

 private:
  Inotify inotify_;
};

LocalWorkload workload(const std::string& name, std::vector<std::string> watch);
/// With a rescan that does not come within a test.
LocalSettings settings(std::vector<LocalWorkload> workloads);

/// More than any test takes.
inline constexpr Duration kLong = std::chrono::hours(1);

/// A watcher that runs, what it tells, and a marker: a workload `zz-marker` with a file of its own.
class Watching {
 public:
  explicit Watching(LocalSettings settings);
  /// With parts of the test's own.
  Watching(LocalSettings settings, std::unique_ptr<FailingFileSystem> files,
           std::unique_ptr<LossyNotifier> notifier,
           const FileWatcher::Patience& patience = {kLong, kLong},
           const ReadingPool::Sizes& threads = {}, std::vector<OwnFiles> own_files = {});

  Recorder recorder;
  FailingFileSystem* files = nullptr;
  LossyNotifier* notifier = nullptr;
  FileWatcher& watcher() { return *watcher_; }
  /// Starts, and waits until everything has been told once.
  void start();
  /// Everything that happened before has been taken in and told when this returns, but for what is
  /// read later on purpose.
  void pass_marker();
  /// The same of what was reported before the marker, but for reads that hang.
  void pass_marker_while_others_hang();
  void wait_for_reads(std::uint64_t reads);
  LocalSettings with_marker(LocalSettings settings) const;

 private:
  TemporaryFolder folder_;
  int markers_ = 0;
  std::unique_ptr<FileWatcher> watcher_;
};

}  // namespace ebbgate::local::testing
