// Long because reports, reads and rescans of an entry meet on one thread and share its state.
#include "controller/local/file_watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/text.h"
#include "controller/local/inotify.h"

namespace ebbgate::local {
namespace {

using Urgency = ReadingPool::Urgency;

constexpr Duration kPatienceForReads = std::chrono::milliseconds(200);
// How often slow reads are looked at, and the pool while jobs wait for its threads.
constexpr Duration kLookInterval = std::chrono::milliseconds(250);
constexpr Duration kReliefInterval = std::chrono::milliseconds(25);
// Beyond so many reports a look at everything is cheaper, and bounded.
constexpr std::size_t kMostEvents = 10'000;
constexpr std::size_t kMostSlowReads = 100;

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

/// What wakes the watcher: results of reads, and others' calls. Shared with every read, so that one
/// that never ended before may end after the watcher did.
class FileWatcher::Mailbox {
 public:
  using Results = std::vector<std::pair<SharedNotifier::Subscriber, TreeContent>>;

  Mailbox() : waker_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd") {}

  int descriptor() const { return waker_.get(); }
  // It can fail only where the counter is full, and then the thread is woken anyway.
  void wake() const { ::eventfd_write(waker_.get(), 1); }
  void drain() const {
    eventfd_t count = 0;
    ::eventfd_read(waker_.get(), &count);
  }
  void put(SharedNotifier::Subscriber number, TreeContent content) EBBGATE_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      results_.emplace_back(number, std::move(content));
    }
    wake();
  }
  Results take() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(results_, {});
  }

 private:
  const Descriptor waker_;
  Mutex mutex_;
  Results results_ EBBGATE_GUARDED_BY(mutex_);
};

struct FileWatcher::Reading {
  std::atomic<bool> begun{false};
  BootTime begin;  // as soon as begun
};

FileWatcher::FileWatcher(LocalSettings settings, WatchSink sink, Log log,
                         std::vector<OwnFiles> own_files)
    : FileWatcher(std::move(settings), std::move(sink), std::move(log),
                  Parts{std::make_shared<SystemFileSystem>(),
                        std::make_unique<Inotify>(),
                        {},
                        {},
                        std::move(own_files)}) {}

FileWatcher::FileWatcher(LocalSettings settings, WatchSink sink, Log log, Parts parts)
    : log_(std::move(log)),
      patience_(parts.patience),
      files_(std::move(parts.files)),
      own_files_(std::move(parts.own_files)),
      notifier_(std::make_shared<SharedNotifier>(std::move(parts.notifier))),
      epoll_(std::make_unique<Descriptor>(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      mailbox_(std::make_shared<Mailbox>()),
      pool_(parts.threads),
      next_settings_(std::move(settings)),
      ignore_(
          std::make_shared<const IgnoreRules>(std::vector<std::string>(), std::vector<OwnFiles>())),
      workloads_(std::move(sink)) {
  for (const int descriptor : {mailbox_->descriptor(), notifier_->descriptor()}) {
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
  pool_.start();
  thread_.demand("watch", "watching files", [this] { run(); });
}

void FileWatcher::reconfigure(LocalSettings settings) {
  {
    const MutexLock lock(mutex_);
    next_settings_ = std::move(settings);
  }
  mailbox_->wake();
}

bool FileWatcher::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  mailbox_->wake();
  if (thread_.joinable()) thread_.join();
  for (const auto& [key, entry] : entries_) entry.reader->stop();
  return pool_.stop(kPatienceForReads);
}

WatchStatistics FileWatcher::statistics() const {
  const MutexLock lock(mutex_);
  return published_;
}

std::vector<SlowRead> FileWatcher::slow_reads() const {
  const MutexLock lock(mutex_);
  return slow_reads_;
}

std::vector<PassedOver> FileWatcher::passed_over() const {
  std::vector<PassedOver> paths;
  const MutexLock lock(mutex_);
  for (const auto& [entry, kind] : passed_over_) {
    // One that is watched with two limits is told once.
    if (paths.empty() || paths.back().path != entry.path) paths.push_back({entry.path, kind});
  }
  return paths;
}

void FileWatcher::run() {
  for (;;) {
    // Before anything is looked at, so that no wake-up is lost.
    mailbox_->drain();
    take_settings();
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
    }
    now_ = BootClock::now();
    take_results();
    take_events();
    if (now_ >= next_rescan_) {
      ++statistics_.rescans;
      scan_everything();
    }
    want_what_is_due();
    look_after_slow_reads();
    workloads_.tell(states_);
    publish_statistics();
    if (!listed_ && workloads_.all_told()) {
      listed_ = true;
      workloads_.listed();
    }
    wait();
  }
}

void FileWatcher::wait() {
  BootTime next = next_rescan_;
  if (!due_.empty()) next = std::min(next, due_.begin()->first);
  if (!reading_.empty()) next = std::min(next, next_look_);
  if (pool_.waiting()) next = std::min(next, now_ + kReliefInterval);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - BootClock::now());
  const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  std::array<epoll_event, 2> ready;
  ::epoll_wait(epoll_->get(), ready.data(), static_cast<int>(ready.size()), timeout);
}

void FileWatcher::take_settings() {
  std::optional<LocalSettings> settings;
  {
    const MutexLock lock(mutex_);
    settings.swap(next_settings_);
  }
  if (settings) apply(std::move(*settings));
}

void FileWatcher::apply(LocalSettings settings) {
  const bool first = entries_.empty() && !listed_;
  auto ignore = std::make_shared<const IgnoreRules>(std::move(settings.ignore), own_files_);
  const bool ignores_others = !(*ignore == *ignore_);
  ignore_ = std::move(ignore);
  workloads_.apply(settings.workloads);
  const std::set<WatchEntry> wanted = workloads_.entries();
  std::vector<WatchEntry> gone;
  for (const auto& [key, entry] : entries_) {
    if (!wanted.contains(key)) gone.push_back(key);
  }
  for (const WatchEntry& key : gone) drop(key);
  if (ignores_others) scan_everything();
  for (const WatchEntry& key : wanted) {
    if (entries_.contains(key)) continue;
    Entry& entry = entries_[key];
    entry.number = ++last_number_;
    entry.reader =
        std::make_shared<TreeReader>(key.path, key.max_file_size, files_, notifier_, entry.number);
    by_number_.emplace(entry.number, key);
    states_[key] = {};
    entry.order.rescan = true;
    want(key, Urgency::whenever);
  }
  if (first || settings.rescan != rescan_interval_) {
    rescan_interval_ = settings.rescan;
    plan_rescan();
  }
}

void FileWatcher::drop(const WatchEntry& key) {
  Entry& entry = entries_.at(key);
  entry.reader->stop();
  set_due(entry, std::nullopt);
  by_number_.erase(entry.number);
  const bool was_read = entry.reading != nullptr;
  turns_.forget(key);
  entries_.erase(key);
  states_.erase(key);
  note_kind(key, FileKind::absent);
  if (was_read) end_reading(key);
}

void FileWatcher::plan_rescan() {
  next_rescan_ =
      rescan_interval_ > Duration{} ? BootClock::now() + rescan_interval_ : BootTime::max();
}

void FileWatcher::scan_everything() {
  for (auto& [key, entry] : entries_) {
    entry.order.rescan = true;
    want(key, Urgency::whenever);
  }
  plan_rescan();
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
  for (const SharedNotifier::Subscriber number : notifier_->subscribers(event)) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) continue;
    TreeReader::Order& order = entries_.at(found->second).order;
    if (order.events.size() < kMostEvents) {
      order.events.push_back(event);
    } else {
      order.rescan = true;
    }
    want(found->second, Urgency::soon);
  }
}

void FileWatcher::want_what_is_due() {
  while (!due_.empty() && due_.begin()->first <= now_) {
    const WatchEntry key = due_.begin()->second;
    set_due(entries_.at(key), std::nullopt);
    want(key, Urgency::soon);
  }
}

void FileWatcher::set_due(Entry& entry, std::optional<BootTime> due) {
  if (entry.due == due) return;
  const WatchEntry& key = by_number_.at(entry.number);
  if (entry.due) due_.erase({*entry.due, key});
  entry.due = due;
  if (entry.due) due_.emplace(*entry.due, key);
}

void FileWatcher::want(const WatchEntry& key, Urgency urgency) {
  Entry& entry = entries_.at(key);
  entry.wanted = true;
  if (urgency == Urgency::soon) entry.urgency = urgency;
  if (!entry.reading && turns_.take(key, workloads_.users(key))) begin_reading(key);
}

void FileWatcher::begin_reading(const WatchEntry& key) {
  Entry& entry = entries_.at(key);
  entry.wanted = false;
  entry.submitted = BootClock::now();
  entry.reading = std::make_shared<Reading>();
  set_due(entry, std::nullopt);
  if (reading_.empty()) next_look_ = entry.submitted + std::min(kLookInterval, patience_.first);
  reading_.insert(key);
  TreeReader::Order order = std::exchange(entry.order, {});
  order.ignore = ignore_;
  pool_.submit(
      [reader = entry.reader, reading = entry.reading, mailbox = mailbox_, number = entry.number,
       order = std::move(order)]() mutable {
        reading->begin = BootClock::now();
        reading->begun = true;
        mailbox->put(number, reader->read(std::move(order)));
      },
      std::exchange(entry.urgency, Urgency::whenever));
}

void FileWatcher::take_results() {
  for (auto& [number, content] : mailbox_->take()) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) continue;  // it is watched no more
    const WatchEntry key = found->second;
    take_result(entries_.at(key), std::move(content));
    end_reading(key);
    if (entries_.at(key).wanted) want(key, Urgency::whenever);
  }
  if (const std::optional<int> shortage = notifier_->take_shortage()) {
    log_("inotify cannot watch everything (" + std::generic_category().message(*shortage) +
         "): changes are seen at rescans only. Raise fs.inotify.max_user_watches and "
         "fs.inotify.max_user_instances with sysctl, or watch fewer folders");
  }
}

void FileWatcher::take_result(Entry& entry, TreeContent content) {
  const WatchEntry& key = by_number_.at(entry.number);
  EntryState& state = states_.at(key);
  const bool first = !state.read;
  const bool another_problem = state.problem != content.problem;
  if (!state.overdue.empty()) {
    const auto took = std::chrono::round<std::chrono::seconds>(now_ - entry.submitted);
    log_(key.path + " has been read, after " + format_duration(took));
  }
  const bool differs =
      first || another_problem || state.digest != content.digest || !state.overdue.empty();
  statistics_.reads += content.reads;
  entry.reading.reset();
  set_due(entry, content.due);
  state = {true, content.digest, std::move(content.problem), {}};
  if (differs) workloads_.mark(key);
  if (another_problem) {
    log_(state.problem.empty() ? key.path + " can be read again" : state.problem);
  }
  if (first && content.kind == FileKind::absent && content.absent && state.problem.empty()) {
    log_(key.path + " is watched but does not exist: its appearing will be a change");
  }
  note_kind(key, content.kind);
}

void FileWatcher::note_kind(const WatchEntry& key, FileKind kind) {
  const std::string sentence = unreadable_kind_sentence(key.path, kind);
  const MutexLock lock(mutex_);
  if (sentence.empty()) {
    passed_over_.erase(key);
    return;
  }
  const auto [found, is_new] = passed_over_.try_emplace(key, kind);
  if (is_new || std::exchange(found->second, kind) != kind) log_(sentence);
}

// Its turn goes to the next one that waited for it.
void FileWatcher::end_reading(const WatchEntry& key) {
  reading_.erase(key);
  std::optional<WatchEntry> next = turns_.give_back(key);
  while (next) {
    const auto found = entries_.find(*next);
    if (found != entries_.end()) return begin_reading(*next);
    next = turns_.give_back(*next);
  }
}

void FileWatcher::look_after_slow_reads() {
  pool_.relieve(now_);
  if (reading_.empty() || now_ < next_look_) {
    if (!reading_.empty()) return;
    const MutexLock lock(mutex_);
    slow_reads_.clear();
    return;
  }
  next_look_ = now_ + std::min({kLookInterval, patience_.first, patience_.any});
  const bool exhausted = pool_.exhausted(now_);
  std::vector<SlowRead> slow;
  statistics_.overdue = 0;
  for (const WatchEntry& key : reading_) look_after(key, entries_.at(key), exhausted, slow);
  std::ranges::sort(slow, {}, &SlowRead::since);
  if (slow.size() > kMostSlowReads) slow.resize(kMostSlowReads);
  const MutexLock lock(mutex_);
  slow_reads_ = std::move(slow);
}

void FileWatcher::look_after(const WatchEntry& key, Entry& entry, bool exhausted,
                             std::vector<SlowRead>& slow) {
  // Where it waits for a thread, and none is to be had any more, it is as slow as what took them.
  if (!entry.reading->begun && !exhausted) return;
  const BootTime since = entry.reading->begun ? entry.reading->begin : entry.submitted;
  EntryState& state = states_.at(key);
  if (now_ - since < std::min(patience_.first, patience_.any)) return;
  const bool overdue = now_ - since >= patience_.any;
  if (!state.read) workloads_.mark_late(key);
  if (overdue) ++statistics_.overdue;
  if (overdue && state.overdue.empty()) {
    state.overdue = key.path + " is still being read: look at the disk or file server that " +
                    "holds it, or at how much is in it";
    workloads_.mark(key);
    log_(state.overdue);
  }
  slow.push_back({key.path, since, !state.read, overdue, workloads_.users(key)});
}

void FileWatcher::publish_statistics() {
  if (reading_.empty()) statistics_.overdue = 0;
  statistics_.watches = notifier_->size();
  statistics_.reading = reading_.size();
  const MutexLock lock(mutex_);
  published_ = statistics_;
}

}  // namespace ebbgate::local
