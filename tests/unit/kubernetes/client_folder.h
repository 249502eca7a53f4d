#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"

namespace ebbgate::kubernetes::testing {

/// A folder of the test's own, gone with it.
class Folder final {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ebbgate-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  /// Returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::trunc) << content;
    return path(name);
  }
  std::string write_program(const std::string& name, const std::string& script) const {
    const std::string file = write(name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

/// A clock that moves when it is told to. Any thread.
class ManualClock final : public Clock {
 public:
  Instant now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  void advance(Duration by) {
    MutexLock lock(mutex_);
    now_.boot += by;
    now_.wall += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }

 private:
  mutable Mutex mutex_;
  Instant now_ EBBGATE_GUARDED_BY(mutex_){BootTime(std::chrono::hours(5)),
                                          WallTime(std::chrono::milliseconds(1'800'000'000'000))};
};

}  // namespace ebbgate::kubernetes::testing
