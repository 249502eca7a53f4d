#include "controller/local/file_watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <unordered_set>

#include "controller/local/inotify.h"

namespace ebbgate::local {
namespace {

constexpr auto kUnfinishedDelay = std::chrono::seconds(1);
// A file in a storm is read again only after this many times what reading it costs.
constexpr int kRestPerCost = 20;
constexpr Duration kLongestRest = std::chrono::seconds(1);
// What one tree may spend in a turn before the others have theirs.
constexpr Duration kTurnShare = std::chrono::milliseconds(5);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

class FileWatcher::Descriptor {
 public:
  Descriptor(int value, const char* what) : value_(value) {
    if (value < 0) fail(what);
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

FileWatcher::FileWatcher(LocalSettings settings, WatchSink sink, Log log)
    : FileWatcher(std::move(settings), std::move(sink), std::move(log),
                  std::make_unique<SystemFileSystem>(), std::make_unique<Inotify>()) {}

FileWatcher::FileWatcher(LocalSettings settings, WatchSink sink, Log log,
                         std::unique_ptr<FileSystem> files,
                         std::unique_ptr<ChangeNotifier> notifier)
    : log_(std::move(log)),
      files_(std::move(files)),
      notifier_(std::move(notifier)),
      epoll_(std::make_unique<Descriptor>(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      waker_(std::make_unique<Descriptor>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      next_settings_(std::move(settings)),
      watches_(*notifier_, log_),
      parts_{*files_, watches_, due_, IgnoreRules({})},
      workloads_(std::move(sink)) {
  for (const int descriptor : {waker_->get(), notifier_->descriptor()}) {
    if (descriptor < 0) continue;  // without inotify rescans serve
    epoll_event interest{};
    interest.events = EPOLLIN;
    if (::epoll_ctl(epoll_->get(), EPOLL_CTL_ADD, descriptor, &interest) != 0) fail("epoll_ctl");
  }
}

FileWatcher::~FileWatcher() {
  stop();
}

void FileWatcher::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "watch");
}

void FileWatcher::reconfigure(LocalSettings settings) {
  {
    const MutexLock lock(mutex_);
    next_settings_ = std::move(settings);
  }
  wake();
}

void FileWatcher::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

WatchStatistics FileWatcher::statistics() const {
  const MutexLock lock(mutex_);
  return published_;
}

void FileWatcher::wake() {
  const std::uint64_t one = 1;
  // It can fail only where the counter is full, and then the thread is woken anyway.
  static_cast<void>(!::write(waker_->get(), &one, sizeof(one)));
}

void FileWatcher::run() {
  for (;;) {
    take_settings();
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
    }
    now_ = BootClock::now();
    take_events();
    if (now_ >= next_rescan_) {
      ++statistics_.rescans;
      scan_everything();
    }
    scan_some();
    read_due();
    workloads_.tell(trees_);
    publish_statistics();
    if (!listed_ && to_scan_.empty()) {
      listed_ = true;
      workloads_.listed();
    }
    wait();
  }
}

void FileWatcher::wait() {
  int timeout = 0;
  if (to_scan_.empty()) {
    const BootTime next = std::min(due_.next().value_or(next_rescan_), next_rescan_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - BootClock::now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  std::array<epoll_event, 2> ready;
  ::epoll_wait(epoll_->get(), ready.data(), static_cast<int>(ready.size()), timeout);
}

void FileWatcher::take_settings() {
  std::uint64_t count = 0;
  // Before the settings are looked at, so that no wake-up is lost.
  static_cast<void>(!::read(waker_->get(), &count, sizeof(count)));
  std::optional<LocalSettings> settings;
  {
    const MutexLock lock(mutex_);
    settings.swap(next_settings_);
  }
  if (settings) apply(std::move(*settings));
}

void FileWatcher::apply(LocalSettings settings) {
  const bool first = trees_.empty() && !listed_;
  workloads_.apply(settings.workloads);
  const std::set<std::string> paths = workloads_.paths();
  for (auto entry = trees_.begin(); entry != trees_.end();) {
    if (paths.contains(entry->first)) {
      ++entry;
      continue;
    }
    to_scan_.erase(entry->first);
    paces_.erase(entry->second.get());
    entry = trees_.erase(entry);
  }
  for (const std::string& path : paths) {
    auto& tree = trees_[path];
    if (tree) continue;
    tree = std::make_unique<FileTree>(path, parts_);
    to_scan_.insert(path);
  }
  if (IgnoreRules rules(std::move(settings.ignore)); !(rules == parts_.ignore)) {
    parts_.ignore = std::move(rules);
    scan_everything();
  }
  if (first || settings.rescan != rescan_interval_) {
    rescan_interval_ = settings.rescan;
    plan_rescan();
  }
}

void FileWatcher::plan_rescan() {
  next_rescan_ =
      rescan_interval_ > Duration{} ? BootClock::now() + rescan_interval_ : BootTime::max();
}

void FileWatcher::scan_everything() {
  for (const auto& [path, tree] : trees_) to_scan_.insert(path);
  plan_rescan();
}

// A turn's share at a time, so that a long scan delays no event by more than that.
void FileWatcher::scan_some() {
  const BootTime end = now_ + kTurnShare;
  do {
    scan_one();
  } while (!to_scan_.empty() && BootClock::now() < end);
}

void FileWatcher::scan_one() {
  if (to_scan_.empty()) return;
  auto next = to_scan_.upper_bound(last_scanned_);
  if (next == to_scan_.end()) next = to_scan_.begin();
  last_scanned_ = *next;
  to_scan_.erase(next);
  FileTree& tree = *trees_.at(last_scanned_);
  const bool first = !tree.scanned();
  tree.rescan();
  settle(tree);
  if (!first) return;
  workloads_.mark(tree.path());
  if (tree.absent() && tree.problem().empty()) {
    log_(tree.path() + " is watched but does not exist: its appearing will be a change");
  }
}

void FileWatcher::take_events() {
  events_.clear();
  notifier_->read(events_);
  if (events_.empty()) return;
  statistics_.events += events_.size();
  statistics_.last_event =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const ChangeEvent& event : events_) take(event);
}

void FileWatcher::take(const ChangeEvent& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    ++statistics_.overflows;
    scan_everything();
    return;
  }
  if ((event.mask & IN_IGNORED) != 0) {
    for (FileNode* node : watches_.forget(event.watch)) due_.put(*node, now_);
    return;
  }
  const WatchTable::Listeners listeners = watches_.listeners(event);
  if (listeners.nodes.empty() && listeners.folders.empty()) return;
  const BootTime when = time_to_read(event, listeners.path);
  for (FileNode* node : listeners.nodes) due_.put(*node, when);
  for (FileNode* folder : listeners.folders) {
    FileNode* node = folder->tree->child(*folder, event.name);
    if (node != nullptr) due_.put(*node, when);
  }
}

BootTime FileWatcher::time_to_read(const ChangeEvent& event, const std::string& path) {
  const BootTime later = now_ + kUnfinishedDelay;
  if ((event.mask & IN_MODIFY) != 0) return later;
  const bool coming_or_going = (event.mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM)) != 0;
  if (!coming_or_going || (event.mask & IN_ISDIR) != 0) return now_;
  // Who makes a new file, also in place of one that went, writes and closes it, or renames it
  // there, which is reported; links are whole from the beginning.
  const FileStatus status = files_->status(path);
  const bool begun = status.error == 0 && status.kind == FileKind::regular && !status.hard_links;
  return begun ? later : now_;
}

void FileWatcher::read_due() {
  std::unordered_set<FileTree*> touched;
  while (FileNode* node = due_.pop(now_)) {
    FileTree& tree = *node->tree;
    Pace& pace = paces_[&tree];
    if (put_off(*node, pace)) continue;
    const BootTime begin = BootClock::now();
    tree.refresh(*node);
    pace.spent += BootClock::now() - begin;
    ++pace.nodes;
    touched.insert(&tree);
  }
  for (FileTree* tree : touched) {
    Pace& pace = paces_[tree];
    const BootTime begin = BootClock::now();
    settle(*tree);
    pace.per_node = (pace.spent + (BootClock::now() - begin)) / pace.nodes;
    pace.spent = {};
    pace.nodes = 0;
  }
}

bool FileWatcher::put_off(FileNode& node, const Pace& pace) {
  if (pace.spent > kTurnShare) {
    due_.put(node, now_ + std::chrono::nanoseconds(1));
    return true;
  }
  if (node.read_at == BootTime{}) return false;
  const BootTime rested =
      node.read_at + std::min<Duration>(pace.per_node * kRestPerCost, kLongestRest);
  if (rested <= now_) return false;
  due_.put(node, rested);
  return true;
}

void FileWatcher::settle(FileTree& tree) {
  const std::string before = tree.problem();
  if (!tree.settle()) return;
  workloads_.mark(tree.path());
  if (tree.problem() == before) return;
  log_(tree.problem().empty() ? tree.path() + " can be read again" : tree.problem());
}

void FileWatcher::publish_statistics() {
  statistics_.reads = parts_.reads;
  statistics_.watches = watches_.size();
  const MutexLock lock(mutex_);
  published_ = statistics_;
}

}  // namespace ebbgate::local
