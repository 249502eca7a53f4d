#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/open_store.h"
#include "storage/store_thread.h"

namespace ebbgate::storage::test {

namespace fs = std::filesystem;

/// A folder of its own for one test; in memory where that can be had, as tests sync a lot.
class Folder {
 public:
  Folder() {
    const fs::path parent = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    std::string name = (parent / "ebbgate-storage-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  fs::path database() const { return path_ / "ebbgate.db"; }

 private:
  fs::path path_;
};

inline std::string read_file(const fs::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str();
}

inline void write_file(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

inline void flip_bit(const fs::path& file, std::size_t offset) {
  std::string content = read_file(file);
  content.at(offset) = static_cast<char>(content.at(offset) ^ 1);
  write_file(file, content);
}

/// As a process that was killed leaves it: whatever is open, a copy of the files now.
inline void copy_files(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(from)) {
    fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
  }
}

inline std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline StoreOptions options_for(const fs::path& database, const std::string& boot = "this boot") {
  StoreOptions options;
  options.database.file = database;
  options.database.provider = "local";
  options.database.boot_id = boot;
  options.now = WallTime(std::chrono::milliseconds(1'700'000'000'000));
  return options;
}

inline WorkloadKey key(const std::string& name) {
  return {"default", "Local", name};
}

inline WorkloadRow row(const std::string& name, int level) {
  WorkloadRow row;
  row.key = key(name);
  row.level = level;
  row.answered_at = BootTime(std::chrono::seconds(100 + level));
  return row;
}

inline Batch rows(std::vector<WorkloadRow> content) {
  Batch batch;
  batch.rows = std::move(content);
  return batch;
}

inline FeedbackRow message(const std::string& peer, std::uint64_t number) {
  return {peer, number, "job " + std::to_string(number), R"({"n":)" + std::to_string(number) + "}",
          0};
}

inline Batch messages(std::vector<FeedbackRow> rows, std::vector<FeedbackKey> done = {}) {
  Batch batch;
  batch.feedback = std::move(rows);
  batch.feedback_done = std::move(done);
  return batch;
}

inline HistoryRow entry(const std::string& name, int number) {
  return {key(name), WallTime(std::chrono::milliseconds(number)), HistoryKind::sent, 1,
          std::to_string(number)};
}

inline std::map<std::string, int> levels(const Loaded& loaded) {
  std::map<std::string, int> result;
  for (const WorkloadRow& loaded_row : loaded.rows) {
    result[loaded_row.key.name] = loaded_row.level;
  }
  return result;
}

/// Remembers what it hears, and waits for it.
class Listener final : public StateStoreListener, public StoreObserver {
 public:
  void committed(Sequence sequence) override {
    const MutexLock lock(mutex_);
    committed_ = sequence;
    changed_.notify_all();
  }
  void commit_failed(const std::string& error) override {
    const MutexLock lock(mutex_);
    failures_.push_back(error);
    changed_.notify_all();
  }
  void marked_lost(bool durable) override {
    const MutexLock lock(mutex_);
    marks_.push_back(durable);
    changed_.notify_all();
  }
  void commit_finished(Duration, bool) override {
    const MutexLock lock(mutex_);
    ++commits_;
  }
  void checkpoint_failed(const std::string& error) override {
    const MutexLock lock(mutex_);
    checkpoint_failures_.push_back(error);
  }
  void files_restored(const std::string& what) override {
    const MutexLock lock(mutex_);
    restored_.push_back(what);
    changed_.notify_all();
  }

  bool wait_for_commit(Sequence sequence) {
    return wait([&]() EBBGATE_REQUIRES(mutex_) { return committed_ >= sequence; });
  }
  bool wait_for_failures(std::size_t count) {
    return wait([&]() EBBGATE_REQUIRES(mutex_) { return failures_.size() >= count; });
  }
  bool wait_for_marks(std::size_t count) {
    return wait([&]() EBBGATE_REQUIRES(mutex_) { return marks_.size() >= count; });
  }
  bool wait_for_restored(std::size_t count) {
    return wait([&]() EBBGATE_REQUIRES(mutex_) { return restored_.size() >= count; });
  }
  std::vector<std::string> restored() {
    const MutexLock lock(mutex_);
    return restored_;
  }
  Sequence committed() {
    const MutexLock lock(mutex_);
    return committed_;
  }
  std::vector<std::string> failures() {
    const MutexLock lock(mutex_);
    return failures_;
  }
  std::vector<bool> marks() {
    const MutexLock lock(mutex_);
    return marks_;
  }
  int commits() {
    const MutexLock lock(mutex_);
    return commits_;
  }
  std::vector<std::string> checkpoint_failures() {
    const MutexLock lock(mutex_);
    return checkpoint_failures_;
  }

 private:
  // Generous: only a test that fails waits that long.
  template <class Predicate>
  bool wait(const Predicate& predicate) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const MutexLock lock(mutex_);
    while (!predicate() && std::chrono::steady_clock::now() < deadline) {
      changed_.wait_for(mutex_, std::chrono::milliseconds(100));
    }
    return predicate();
  }

  Mutex mutex_;
  Condition changed_;
  Sequence committed_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> failures_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<bool> marks_ EBBGATE_GUARDED_BY(mutex_);
  int commits_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> restored_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> checkpoint_failures_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::storage::test
