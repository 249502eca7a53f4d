#include "controller/presence.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "base/file_kind.h"
#include "base/mutex.h"
#include "base/text.h"
#include "base/thread.h"
#include "base/unicode.h"
#include "controller/local/command_program.h"
#include "metrics/listener.h"

namespace ebbgate {

namespace {

using configuration::NamedPath;

std::string why_absent(const std::string& path, bool folder, const std::string& remedy) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!folder) return unreadable_kind_sentence(path, kind_of(status.st_mode));
    if (S_ISDIR(status.st_mode)) return "";
    return path + " is no folder; mend the path";
  }
  if (errno == ELOOP) return unreadable_kind_sentence(path, FileKind::loop);
  if (errno == ENOENT || errno == ENOTDIR) return path + " does not exist; " + remedy;
  return path + " cannot be looked at (" + std::strerror(errno) +
         "); let the user whom Ebbgate runs as read it, or mend the path";
}

std::string why_no_program(const std::string& name) {
  const auto found = local::find_program(name);
  const auto* const wrong = std::get_if<std::string>(&found);
  return wrong == nullptr ? "" : *wrong;
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string but(const std::string& wrong, const char* consequence) {
  return wrong.empty() ? "" : wrong + "; " + consequence;
}

std::string what_is_wrong(const NamedPath& named) {
  switch (named.kind) {
    case NamedPath::Kind::watched:
      return why_absent(named.path, false, "create it, or mend the path");
    case NamedPath::Kind::program:
      return why_no_program(named.path);
    case NamedPath::Kind::socket_folder:
      return why_absent(named.path, true, "create it, start what creates it, or mend the path");
    case NamedPath::Kind::admin_socket:
      return but(metrics::Listener::obstacle(named.path),
                 "until then `ebbgate run` does not start");
    case NamedPath::Kind::usual_admin_socket:
      // That its folder, which is the database's, is not there is said of the database.
      if (!why_absent(folder_of(named.path), true, "").empty()) return "";
      return but(metrics::Listener::obstacle(named.path),
                 "until then `ebbgate release` does not reach this Ebbgate");
  }
  return "";
}

// Looks at paths on a thread of its own, in turn, until it is done, abandoned or stuck.
class Look final {
 public:
  explicit Look(std::vector<NamedPath> paths) : paths_(std::move(paths)) {}

  static std::shared_ptr<Look> begin(std::vector<NamedPath> paths) {
    auto look = std::make_shared<Look>(std::move(paths));
    const int no_thread = start_detached("presence", [look] {
      block_all_signals();
      look->run();
    });
    // Without one it takes as long as it takes: whoever asked can be ended by a signal.
    if (no_thread != 0) look->run();
    return look;
  }

  // What is wrong with each, as far as that was found out before `deadline`, and before one took
  // longer than `each`, or at most twice that.
  std::vector<std::string> results(Duration each, BootTime deadline) EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::size_t done = 0;
    BootTime moved = BootClock::now();
    while (results_.size() < paths_.size()) {
      const BootTime now = BootClock::now();
      if (std::exchange(done, results_.size()) != results_.size()) moved = now;
      const Duration left = std::min(moved + each, deadline) - now;
      if (left <= Duration::zero()) break;
      ended_.wait_for(mutex_, left);
    }
    abandoned_ = true;
    return std::move(results_);
  }

 private:
  void run() EBBGATE_EXCLUDES(mutex_) {
    std::map<std::string, std::string> programs;  // many workloads have the same
    for (const NamedPath& path : paths_) {
      std::string wrong;
      if (path.kind == NamedPath::Kind::program) {
        const auto known = programs.find(path.path);
        wrong = known != programs.end()
                    ? known->second
                    : programs.emplace(path.path, why_no_program(path.path)).first->second;
      } else {
        wrong = what_is_wrong(path);
      }
      const MutexLock lock(mutex_);
      if (abandoned_) return;
      results_.push_back(std::move(wrong));
      if (results_.size() == paths_.size()) ended_.notify_all();
    }
  }

  const std::vector<NamedPath> paths_;
  Mutex mutex_;
  Condition ended_;
  bool abandoned_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::vector<std::string> results_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace

std::vector<std::string> what_is_absent(const std::vector<NamedPath>& paths,
                                        const PatienceForPaths& patience) {
  std::vector<std::string> absent;
  const BootTime deadline = BootClock::now() + patience.all;
  auto next = paths.begin();
  while (next != paths.end()) {
    if (BootClock::now() >= deadline) {
      absent.push_back(next->place + ": " + hex_escaped(next->path) +
                       " was not looked at, nor were " +
                       std::to_string(std::distance(next, paths.end()) - 1) +
                       " paths behind it: the file system took " + format_duration(patience.all) +
                       " for those before; mend it, and check again");
      break;
    }
    for (const std::string& wrong :
         Look::begin({next, paths.end()})->results(patience.each, deadline)) {
      if (!wrong.empty()) absent.push_back(next->place + ": " + hex_escaped(wrong));
      ++next;
    }
    if (next == paths.end() || BootClock::now() >= deadline) continue;
    absent.push_back(next->place + ": " + hex_escaped(next->path) + " cannot be looked at within " +
                     format_duration(patience.each) +
                     "; its file system does not answer: mend that, or the path");
    ++next;
  }
  return absent;
}

}  // namespace ebbgate
