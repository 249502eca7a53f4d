#include "tests/unit/local/watch_support.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>

namespace ebbgate::local::testing {
namespace {

constexpr auto kMarker = "zz-marker";
constexpr auto kLimit = std::chrono::seconds(60);
constexpr auto kPause = std::chrono::milliseconds(1);

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "ebbgate-watch-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void write_file(const std::string& path, const std::string& content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  REQUIRE(file >= 0);
  REQUIRE(::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  REQUIRE(::close(file) == 0);
}

void replace_file(const std::string& path, const std::string& content) {
  const std::string beside = path + ".new";
  write_file(beside, content);
  rename_path(beside, path);
}

void make_folder(const std::string& path) {
  std::filesystem::create_directories(path);
}

void make_link(const std::string& target, const std::string& path) {
  std::filesystem::create_symlink(target, path);
}

void rename_path(const std::string& from, const std::string& to) {
  std::filesystem::rename(from, to);
}

void remove_path(const std::string& path) {
  REQUIRE(std::filesystem::remove_all(path) > 0);
}

void swap_link(const std::string& target, const std::string& path) {
  make_link(target, path + "_tmp");
  rename_path(path + "_tmp", path);
}

Digest absent_digest() {
  return Sha256().add_field("absent").finish();
}

Digest file_digest(const std::string& content) {
  return Sha256().add_field("file").add_field(bytes_of(sha256(content))).finish();
}

Digest folder_digest(const std::map<std::string, std::string>& contents) {
  Sha256 hash;
  hash.add_field("folder");
  for (const auto& [name, content] : contents) {
    hash.add_field(name).add_field(bytes_of(sha256(content)));
  }
  return hash.finish();
}

WatchSink Recorder::sink() {
  return {[this](Observation observation) {
            if (on_observed) on_observed(observation);
            const MutexLock lock(mutex_);
            observed_[observation.key.name].push_back(std::move(observation));
          },
          [this](const WorkloadKey& key) {
            const MutexLock lock(mutex_);
            gone_.push_back(key.name);
          },
          [this] {
            const MutexLock lock(mutex_);
            ++listed_;
          }};
}

FileWatcher::Log Recorder::log() {
  return [this](const std::string& line) {
    const MutexLock lock(mutex_);
    lines_.push_back(line);
  };
}

void Recorder::wait_until(const std::string& what, const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) FAIL("waited in vain: " << what);
    std::this_thread::sleep_for(kPause);
  }
}

void Recorder::wait_for_digest(const std::string& workload, const Digest& digest) {
  wait_until(workload + " holds what was written", [&] {
    const std::vector<Observation> told = of(workload);
    return !told.empty() && told.back().references && told.back().references->size() == 1 &&
           told.back().references->front().digest == digest;
  });
}

void Recorder::wait_for_listed() {
  wait_until("listed", [this] { return listed() > 0; });
}

std::vector<Observation> Recorder::of(const std::string& workload) const {
  const MutexLock lock(mutex_);
  const auto found = observed_.find(workload);
  return found == observed_.end() ? std::vector<Observation>{} : found->second;
}

Observation Recorder::last(const std::string& workload) const {
  const std::vector<Observation> told = of(workload);
  REQUIRE_FALSE(told.empty());
  return told.back();
}

std::vector<std::string> Recorder::gone() const {
  const MutexLock lock(mutex_);
  return gone_;
}

std::vector<std::string> Recorder::lines() const {
  const MutexLock lock(mutex_);
  return lines_;
}

int Recorder::listed() const {
  const MutexLock lock(mutex_);
  return listed_;
}

void FailingFileSystem::fail(const std::string& path, int error) {
  const MutexLock lock(mutex_);
  errors_[path] = error;
}

int FailingFileSystem::error_of(const std::string& path) {
  const MutexLock lock(mutex_);
  const auto found = errors_.find(path);
  return found == errors_.end() ? 0 : found->second;
}

int FailingFileSystem::list(const std::string& path, std::size_t most,
                            std::vector<std::string>& names) {
  const int error = error_of(path);
  return error != 0 ? error : files_.list(path, most, names);
}

FileContent FailingFileSystem::read(const std::string& path, const ReadLimits& limits) {
  if (before_read) before_read(path);
  FileContent content;
  content.status.error = error_of(path);
  if (content.status.error != 0) return content;
  content = files_.read(path, limits);
  if (moving > 0) {
    --moving;
    content.moving = true;
    content.digest = sha256("a mixture");
  }
  return content;
}

int LossyNotifier::add(const std::string& path, std::uint32_t mask) {
  return add_error != 0 ? -add_error : inotify_.add(path, mask);
}

void LossyNotifier::read(std::vector<ChangeEvent>& events) {
  inotify_.read(events);
  if (events.empty()) return;
  if (losing) {
    lost += static_cast<int>(events.size());
    events.clear();
  } else if (overflow.exchange(false)) {
    events.assign(1, ChangeEvent{-1, IN_Q_OVERFLOW, {}});
  }
}

LocalWorkload workload(const std::string& name, std::vector<std::string> watch) {
  LocalWorkload result;
  result.name = name;
  result.watch = std::move(watch);
  return result;
}

LocalSettings settings(std::vector<LocalWorkload> workloads) {
  LocalSettings result;
  result.rescan = std::chrono::hours(1);
  result.workloads = std::move(workloads);
  return result;
}

Watching::Watching(LocalSettings settings)
    : Watching(std::move(settings), std::make_unique<FailingFileSystem>(),
               std::make_unique<LossyNotifier>()) {}

Watching::Watching(LocalSettings settings, std::unique_ptr<FailingFileSystem> failing,
                   std::unique_ptr<LossyNotifier> lossy, const FileWatcher::Patience& patience,
                   const ReadingPool::Sizes& threads, std::vector<OwnFiles> own_files)
    : files(failing.get()), notifier(lossy.get()) {
  watcher_ = std::make_unique<FileWatcher>(
      with_marker(std::move(settings)), recorder.sink(), recorder.log(),
      FileWatcher::Parts{std::move(failing), std::move(lossy), patience, threads,
                         std::move(own_files)});
}

LocalSettings Watching::with_marker(LocalSettings settings) const {
  settings.workloads.push_back(workload(kMarker, {folder_ / "marker"}));
  return settings;
}

void Watching::start() {
  watcher_->start();
  recorder.wait_for_listed();
}

void Watching::pass_marker_while_others_hang() {
  const std::string content = "marker " + std::to_string(++markers_);
  write_file(folder_ / "marker", content);
  recorder.wait_for_digest(kMarker, file_digest(content));
}

void Watching::pass_marker() {
  pass_marker_while_others_hang();
  // What was reported before the marker is being read by now, if it has not been.
  recorder.wait_until("nothing is being read", [&] { return watcher_->statistics().reading == 0; });
}

void Watching::wait_for_reads(std::uint64_t reads) {
  recorder.wait_until("contents are read", [&] { return watcher_->statistics().reads >= reads; });
}

}  // namespace ebbgate::local::testing
