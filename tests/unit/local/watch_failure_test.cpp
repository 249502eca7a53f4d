#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<FailingFileSystem> failing() {
  return std::make_unique<FailingFileSystem>();
}
std::unique_ptr<LossyNotifier> lossy() {
  return std::make_unique<LossyNotifier>();
}

void touch(const std::string& path) {
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0);
}

}  // namespace

TEST_CASE("a file that cannot be read keeps its last digest and says why the workload waits") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  Watching watching(settings({workload("all", {folder / "conf.d"})}), failing(), lossy());
  watching.start();

  watching.files->fail(folder / "conf.d/a", EACCES);
  write_file(folder / "conf.d/a", "2");
  watching.recorder.wait_until("told", [&] { return watching.recorder.count("all") == 2; });
  const Observation told = watching.recorder.last("all");
  CHECK(told.references->front().digest == folder_digest({{"a", "1"}}));
  CHECK(contains(told.missing, folder / "conf.d/a"));
  CHECK(contains(told.missing, "Permission denied"));
  CHECK(contains(told.missing, "let the user that Ebbgate runs as read it"));

  write_file(folder / "conf.d/b", "3");
  watching.wait_for_reads(3);
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 2);

  watching.files->fail(folder / "conf.d/a", 0);
  touch(folder / "conf.d/a");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}, {"b", "3"}}));
  CHECK(watching.recorder.last("all").missing.empty());
}

TEST_CASE("a file that could never be read has no digest, and others' workloads do not wait") {
  const TemporaryFolder folder;
  write_file(folder / "secret", "1");
  auto files = failing();
  files->fail(folder / "secret", EIO);
  Watching watching(
      settings({workload("one", {folder / "secret"}), workload("two", {folder / "other"})}),
      std::move(files), lossy());
  watching.start();
  const Observation told = watching.recorder.last("one");
  CHECK_FALSE(told.references);
  CHECK(contains(told.missing, "check the disk or the file server"));
  CHECK(watching.recorder.last("two").missing.empty());
  watching.files->fail(folder / "secret", 0);
  // No report comes of this: it is tried again.
  watching.recorder.wait_for_digest("one", file_digest("1"));
  CHECK(watching.recorder.last("one").missing.empty());
}

TEST_CASE("a folder that cannot be listed keeps its last digest") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d/sub");
  write_file(folder / "conf.d/sub/a", "1");
  Watching watching(settings({workload("all", {folder / "conf.d"})}), failing(), lossy());
  watching.start();
  watching.files->fail(folder / "conf.d/sub", EACCES);
  REQUIRE(::chmod((folder / "conf.d/sub").c_str(), 0700) == 0);
  watching.recorder.wait_until("told", [&] { return watching.recorder.count("all") == 2; });
  CHECK(watching.recorder.last("all").references->front().digest ==
        folder_digest({{"sub/a", "1"}}));
  CHECK(contains(watching.recorder.last("all").missing, folder / "conf.d/sub"));
  watching.files->fail(folder / "conf.d/sub", 0);
  REQUIRE(::chmod((folder / "conf.d/sub").c_str(), 0755) == 0);
  watching.recorder.wait_until("told", [&] { return watching.recorder.count("all") == 3; });
  CHECK(watching.recorder.last("all").missing.empty());
}

TEST_CASE("an unreadable file that is deleted is absent, and no longer unreadable") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "conf.d/b", "1");
  auto files = failing();
  files->fail(folder / "conf.d/b", EACCES);
  Watching watching(settings({workload("all", {folder / "conf.d"})}), std::move(files), lossy());
  watching.start();
  CHECK_FALSE(watching.recorder.last("all").references);
  remove_path(folder / "conf.d/b");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "1"}}));
  CHECK(watching.recorder.last("all").missing.empty());
}

TEST_CASE("a file that changes while it is read is read again") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "1");
  Watching watching(settings({workload("one", {folder / "app.yaml"})}), failing(), lossy());
  watching.start();
  watching.files->moving = 2;
  write_file(folder / "app.yaml", "2");
  watching.recorder.wait_for_digest("one", file_digest("2"));
  CHECK(watching.recorder.count("one") == 2);
}

TEST_CASE("a file that vanishes between listing and opening is looked at again") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "conf.d/b", "1");
  auto files = failing();
  files->before_read = [&](const std::string& path) {
    if (path == folder / "conf.d/b") ::unlink(path.c_str());
  };
  Watching watching(settings({workload("all", {folder / "conf.d"})}), std::move(files), lossy());
  watching.start();
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "1"}}));
  CHECK(watching.recorder.last("all").missing.empty());
}

TEST_CASE("an overflow of inotify's queue leads to a full rescan") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "app.yaml", "1");
  Watching watching(
      settings({workload("all", {folder / "conf.d"}), workload("one", {folder / "app.yaml"})}),
      failing(), lossy());
  watching.start();
  watching.notifier->losing = true;
  write_file(folder / "conf.d/a", "2");
  write_file(folder / "conf.d/b", "2");
  write_file(folder / "app.yaml", "2");
  watching.recorder.wait_until("reports are lost", [&] { return watching.notifier->lost >= 8; });
  CHECK(watching.recorder.count("all") == 1);
  CHECK(watching.recorder.count("one") == 1);
  watching.notifier->overflow = true;
  watching.notifier->losing = false;
  touch(folder / "conf.d/a");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}, {"b", "2"}}));
  watching.recorder.wait_for_digest("one", file_digest("2"));
  CHECK(watching.watcher().statistics().overflows == 1);
}

TEST_CASE("no change is lost when the kernel's queue really overflows") {
  int queue = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue;
  REQUIRE(queue > 0);
  if (queue > 500'000) {
    MESSAGE("not tried: this machine's queue is too long to fill");
    return;
  }
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "app.yaml", "1");
  std::atomic<bool> held{false};
  std::atomic<bool> go_on{false};
  Watching watching(
      settings({workload("all", {folder / "conf.d"}), workload("one", {folder / "app.yaml"})}));
  watching.recorder.on_observed = [&](const Observation& told) {
    if (!told.references || told.references->front().digest != folder_digest({{"a", "hold"}})) {
      return;
    }
    held = true;
    go_on.wait(false);
  };
  watching.start();
  write_file(folder / "conf.d/a", "hold");
  watching.recorder.wait_until("the watcher is held", [&] { return held.load(); });
  // Each makes more than two reports.
  for (int number = 0; number < queue / 2; ++number) {
    const std::string path = folder / (number % 2 == 0 ? "conf.d/x~" : "conf.d/y~");
    write_file(path, "");
    ::unlink(path.c_str());
  }
  write_file(folder / "conf.d/a", "2");
  write_file(folder / "app.yaml", "2");
  go_on = true;
  go_on.notify_all();
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}}));
  watching.recorder.wait_for_digest("one", file_digest("2"));
  watching.recorder.wait_until("the overflow is counted",
                               [&] { return watching.watcher().statistics().overflows >= 1; });
}

TEST_CASE("a rescan finds what inotify did not report, and reads nothing that surely rests") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "conf.d/b", "1");
  LocalSettings often = settings({workload("all", {folder / "conf.d"})});
  often.rescan = 100ms;
  Watching watching(std::move(often), failing(), lossy());
  watching.notifier->losing = true;
  watching.start();
  write_file(folder / "conf.d/a", "2");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}, {"b", "1"}}));
  remove_path(folder / "conf.d/b");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}}));

  const auto statistics = [&] { return watching.watcher().statistics(); };
  watching.recorder.wait_until("rescans that read nothing", [&] {
    const WatchStatistics before = statistics();
    watching.recorder.wait_until("rescans",
                                 [&] { return statistics().rescans >= before.rescans + 3; });
    return statistics().reads == before.reads;
  });
  write_file(folder / "conf.d/a", "3");  // as long as before
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "3"}}));
}

TEST_CASE("without watches left a warning names the sysctl, once, and rescans serve") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "1");
  LocalSettings often = settings({workload("one", {folder / "app.yaml"})});
  often.rescan = 50ms;
  auto notifier = lossy();
  notifier->add_error = ENOSPC;
  Watching watching(std::move(often), failing(), std::move(notifier));
  watching.start();
  write_file(folder / "app.yaml", "2");
  watching.recorder.wait_for_digest("one", file_digest("2"));
  int warnings = 0;
  for (const std::string& line : watching.recorder.lines()) {
    warnings += contains(line, "fs.inotify.max_user_watches") ? 1 : 0;
  }
  CHECK(warnings == 1);
  watching.notifier->add_error = 0;
  watching.recorder.wait_until("watches are there again",
                               [&] { return watching.watcher().statistics().watches > 0; });
}

TEST_CASE("a path's storm neither delays another path nor is told change by change") {
  const TemporaryFolder folder;
  write_file(folder / "storm", "");
  write_file(folder / "calm", "");
  Watching watching(
      settings({workload("storm", {folder / "storm"}), workload("calm", {folder / "calm"})}));
  watching.start();
  std::atomic<bool> done{false};
  std::atomic<int> written{0};
  std::thread storm([&] {
    while (!done) write_file(folder / "storm", std::to_string(++written));
  });
  for (int turn = 0; turn < 50; ++turn) {
    write_file(folder / "calm", std::to_string(turn));
    watching.recorder.wait_for_digest("calm", file_digest(std::to_string(turn)));
  }
  done = true;
  storm.join();
  watching.recorder.wait_for_digest("storm", file_digest(std::to_string(written)));
}
