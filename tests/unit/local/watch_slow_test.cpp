#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

namespace {

/// Files whose path ends with `hangs` cannot be read until they are released. Shared with threads
/// that may outlive a test.
struct Hang {
  std::atomic<bool> released{false};
  std::atomic<int> at_once{0};
  std::atomic<int> most_at_once{0};
};

class HangingFiles {
 public:
  HangingFiles() {
    files->before_read = [hang = hang](const std::string& path) {
      if (!path.ends_with("hangs") || hang->released) return;
      const int at_once = ++hang->at_once;
      int most = hang->most_at_once;
      while (most < at_once && !hang->most_at_once.compare_exchange_weak(most, at_once)) {
      }
      hang->released.wait(false);
      --hang->at_once;
    };
  }
  ~HangingFiles() { release(); }
  HangingFiles(const HangingFiles&) = delete;
  HangingFiles& operator=(const HangingFiles&) = delete;

  void release() {
    hang->released = true;
    hang->released.notify_all();
  }

  std::shared_ptr<Hang> hang = std::make_shared<Hang>();
  std::unique_ptr<FailingFileSystem> files = std::make_unique<FailingFileSystem>();
};

constexpr FileWatcher::Patience kNoneForFirst{0s, kLong};
constexpr FileWatcher::Patience kNone{0s, 0s};

}  // namespace

TEST_CASE("while a first read hangs, all else is told and followed, and its workload waits") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  write_file(folder / "hangs", "1");
  write_file(folder / "web", "1");
  Watching watching(settings({workload("hanging", {folder / "hangs", folder / "web"}),
                              workload("web", {folder / "web"})}),
                    std::move(hanging.files), std::make_unique<LossyNotifier>(), kNoneForFirst);
  watching.start();
  CHECK_FALSE(watching.recorder.last("hanging").references);
  CHECK(contains(watching.recorder.last("hanging").missing, "is being read for the first time"));
  for (int turn = 0; turn < 20; ++turn) {
    write_file(folder / "web", std::to_string(turn));
    watching.recorder.wait_for_digest("web", file_digest(std::to_string(turn)));
  }
  watching.recorder.wait_until("it is told who is slow", [&] {
    const std::vector<SlowRead> slow = watching.watcher().slow_reads();
    return slow.size() == 1 && slow.front().path == folder / "hangs";
  });
  const SlowRead slow = watching.watcher().slow_reads().front();
  CHECK(slow.first);
  CHECK_FALSE(slow.overdue);
  CHECK(slow.workloads == std::vector<WorkloadKey>{{"default", "Local", "hanging"}});

  hanging.release();
  watching.recorder.wait_until("it is read", [&] {
    const Observation told = watching.recorder.last("hanging");
    return told.references && told.missing.empty();
  });
  CHECK(watching.recorder.last("hanging").references->front().digest == file_digest("1"));
  CHECK(watching.recorder.listed() == 1);
  watching.recorder.wait_until("nobody is slow",
                               [&] { return watching.watcher().slow_reads().empty(); });
}

TEST_CASE(
    "a read that takes too long is told of, keeps what was known, and is told when it ended") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  hanging.hang->released = true;
  write_file(folder / "hangs", "1");
  Watching watching(settings({workload("web", {folder / "hangs"})}), std::move(hanging.files),
                    std::make_unique<LossyNotifier>(), kNone);
  watching.start();
  watching.recorder.wait_for_digest("web", file_digest("1"));
  watching.recorder.wait_until("it is at rest",
                               [&] { return watching.recorder.last("web").missing.empty(); });
  hanging.hang->released = false;
  write_file(folder / "hangs", "2");
  watching.recorder.wait_until("it is told", [&] {
    return contains(watching.recorder.last("web").missing, "/hangs is still being read: look at");
  });
  CHECK(watching.recorder.last("web").references->front().digest == file_digest("1"));
  CHECK(watching.watcher().statistics().overdue == 1);
  CHECK(watching.watcher().slow_reads().front().overdue);
  CHECK_FALSE(watching.watcher().slow_reads().front().first);

  hanging.release();
  watching.recorder.wait_for_digest("web", file_digest("2"));
  watching.recorder.wait_until("none is overdue",
                               [&] { return watching.watcher().statistics().overdue == 0; });
  CHECK(watching.recorder.last("web").missing.empty());
  const std::vector<std::string> lines = watching.recorder.lines();
  const auto said = [&](const std::string& part) {
    return std::count_if(lines.begin(), lines.end(),
                         [&](const std::string& line) { return contains(line, part); });
  };
  CHECK(said("/hangs is still being read") >= 1);
  CHECK(said("/hangs has been read, after 0") == said("/hangs is still being read"));
}

TEST_CASE("a workload has one read at a time, however many of its files hang") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) {
    paths.push_back(folder / (std::to_string(i) + "-hangs"));
    write_file(paths.back(), "1");
  }
  Watching watching(settings({workload("web", paths)}), std::move(hanging.files),
                    std::make_unique<LossyNotifier>(), kNoneForFirst);
  watching.start();
  watching.pass_marker_while_others_hang();
  CHECK(hanging.hang->most_at_once == 1);
  hanging.release();
  watching.recorder.wait_until("it is read",
                               [&] { return watching.recorder.last("web").references != nullptr; });
}

TEST_CASE("when every thread that may be hangs, all that waits for one is told to wait") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  std::vector<LocalWorkload> workloads;
  for (int i = 0; i < 10; ++i) {
    const std::string path = folder / (std::to_string(i) + "-hangs");
    write_file(path, "1");
    workloads.push_back(workload("hanging-" + std::to_string(i), {path}));
  }
  Watching watching(settings(workloads), std::move(hanging.files),
                    std::make_unique<LossyNotifier>(), kNone, {2, 4, 0s});
  watching.start();
  watching.recorder.wait_until("all are overdue",
                               [&] { return watching.watcher().statistics().overdue >= 10; });
  watching.recorder.wait_until("all threads hang", [&] { return hanging.hang->at_once == 4; });
  CHECK(hanging.hang->most_at_once == 4);
  hanging.release();
  for (const LocalWorkload& each : workloads) {
    watching.recorder.wait_for_digest(each.name, file_digest("1"));
  }
}

TEST_CASE("what hangs and is taken out of the configuration holds up its workload no longer") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  write_file(folder / "hangs", "1");
  write_file(folder / "web", "1");
  Watching watching(settings({workload("web", {folder / "hangs", folder / "web"})}),
                    std::move(hanging.files), std::make_unique<LossyNotifier>(), kNoneForFirst);
  watching.start();
  watching.watcher().reconfigure(
      watching.with_marker(settings({workload("web", {folder / "web"})})));
  watching.recorder.wait_for_digest("web", file_digest("1"));
  hanging.release();
  write_file(folder / "web", "2");
  watching.recorder.wait_for_digest("web", file_digest("2"));
  CHECK(watching.recorder.last("web").references->size() == 1);
}

TEST_CASE("stopping waits for no read that hangs, and says that it goes on") {
  const TemporaryFolder folder;
  HangingFiles hanging;
  write_file(folder / "hangs", "1");
  {
    Watching watching(settings({workload("web", {folder / "hangs"})}), std::move(hanging.files),
                      std::make_unique<LossyNotifier>(), kNoneForFirst);
    watching.start();
    CHECK_FALSE(watching.watcher().stop());
  }
  hanging.release();
  Recorder().wait_until("its thread has let go of what it had",
                        [&] { return hanging.hang.use_count() == 1; });
}
