#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

TEST_CASE("what a file holds at first sight is told once, then that everything is listed") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  REQUIRE(watching.recorder.count("web") == 1);
  const Observation told = watching.recorder.last("web");
  CHECK(told.key == WorkloadKey{"default", "Local", "web"});
  REQUIRE(told.references);
  REQUIRE(told.references->size() == 1);
  CHECK(told.references->front().name == folder / "app.yaml");
  CHECK(told.references->front().digest == file_digest("one"));
  CHECK(told.missing.empty());
  CHECK(told.policy);
  CHECK_FALSE(told.judged);
  CHECK(told.adopt);
  watching.pass_marker();
  CHECK(watching.recorder.listed() == 1);
}

TEST_CASE("a file that is written in place is read when it is closed") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  write_file(folder / "app.yaml", "two");
  watching.recorder.wait_for_digest("web", file_digest("two"));
  for (int turn = 0; turn < 20; ++turn) {
    const std::string content = "turn " + std::to_string(turn);
    write_file(folder / "app.yaml", content);
    watching.recorder.wait_for_digest("web", file_digest(content));
  }
}

TEST_CASE("a file that another is renamed over holds the other's content") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  for (int turn = 0; turn < 20; ++turn) {
    const std::string content = "turn " + std::to_string(turn);
    replace_file(folder / "app.yaml", content);
    watching.recorder.wait_for_digest("web", file_digest(content));
  }
  for (const Observation& told : watching.recorder.of("web")) {
    CHECK(told.references->front().digest != absent_digest());
  }
}

TEST_CASE("a file that is written and kept open is read after a second") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  const int file = ::open((folder / "app.yaml").c_str(), O_WRONLY | O_CLOEXEC);
  const BootTime begin = BootClock::now();
  REQUIRE(::write(file, "two", 3) == 3);
  watching.pass_marker();
  const std::size_t told = watching.recorder.count("web");
  if (BootClock::now() - begin < 1s) CHECK(told == 1);
  watching.recorder.wait_for_digest("web", file_digest("two"));
  ::close(file);
}

TEST_CASE("the same bytes written again and a touched file are no change") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  const auto reads = [&] { return watching.watcher().statistics().reads; };

  std::uint64_t before = reads();
  write_file(folder / "app.yaml", "one");
  watching.wait_for_reads(before + 1);
  before = reads();
  REQUIRE(::utimensat(AT_FDCWD, (folder / "app.yaml").c_str(), nullptr, 0) == 0);
  watching.wait_for_reads(before + 1);
  before = reads();
  replace_file(folder / "app.yaml", "one");
  watching.wait_for_reads(before + 1);
  watching.pass_marker();
  CHECK(watching.recorder.count("web") == 1);
}

TEST_CASE("a file that does not exist yet, in folders that do not exist yet, is seen to appear") {
  const TemporaryFolder folder;
  const std::string path = folder / "a/b/c/app.yaml";
  Watching watching(settings({workload("web", {path})}));
  watching.start();
  CHECK(watching.recorder.last("web").references->front().digest == absent_digest());
  CHECK(watching.recorder.last("web").missing.empty());
  make_folder(folder / "a");
  watching.pass_marker();
  make_folder(folder / "a/b/c");
  watching.pass_marker();
  CHECK(watching.recorder.count("web") == 1);
  write_file(path, "one");
  watching.recorder.wait_for_digest("web", file_digest("one"));

  remove_path(folder / "a");
  watching.recorder.wait_for_digest("web", absent_digest());
  make_folder(folder / "a/b/c");
  write_file(path, "two");
  watching.recorder.wait_for_digest("web", file_digest("two"));
}

TEST_CASE("deletion is a change, and so is the return") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", "one");
  Watching watching(settings({workload("web", {folder / "app.yaml"})}));
  watching.start();
  remove_path(folder / "app.yaml");
  watching.recorder.wait_for_digest("web", absent_digest());
  write_file(folder / "app.yaml", "one");
  watching.recorder.wait_for_digest("web", file_digest("one"));
  rename_path(folder / "app.yaml", folder / "aside");
  watching.recorder.wait_for_digest("web", absent_digest());
  rename_path(folder / "aside", folder / "app.yaml");
  watching.recorder.wait_for_digest("web", file_digest("one"));
}

TEST_CASE("writing through another hard link is seen") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  make_folder(folder / "elsewhere");
  write_file(folder / "conf.d/a", "one");
  std::filesystem::create_hard_link(folder / "conf.d/a", folder / "elsewhere/a");
  write_file(folder / "app.yaml", "one");
  std::filesystem::create_hard_link(folder / "app.yaml", folder / "elsewhere/app.yaml");
  Watching watching(
      settings({workload("web", {folder / "app.yaml"}), workload("all", {folder / "conf.d"})}));
  watching.start();
  write_file(folder / "elsewhere/a", "two");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "two"}}));
  write_file(folder / "elsewhere/app.yaml", "two");
  watching.recorder.wait_for_digest("web", file_digest("two"));
  std::filesystem::create_hard_link(folder / "elsewhere/app.yaml", folder / "conf.d/b");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "two"}, {"b", "two"}}));
}

TEST_CASE("FIFOs, sockets and folders' dangling links are passed over, and block nobody") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "one");
  REQUIRE(::mkfifo((folder / "conf.d/fifo").c_str(), 0600) == 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder / "conf.d/socket").c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  make_link("nowhere", folder / "conf.d/dangling");
  make_link("round", folder / "conf.d/round");
  Watching watching(
      settings({workload("all", {folder / "conf.d"}), workload("pipe", {folder / "conf.d/fifo"})}));
  watching.start();
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest({{"a", "one"}}));
  CHECK(watching.recorder.last("pipe").references->front().digest == absent_digest());
  CHECK(watching.watcher().passed_over() ==
        std::vector<local::PassedOver>{{folder / "conf.d/fifo", FileKind::fifo}});
  REQUIRE(::mkfifo((folder / "conf.d/fifo2").c_str(), 0600) == 0);
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 1);
  write_file(folder / "conf.d/nowhere", "found");
  watching.recorder.wait_for_digest(
      "all", folder_digest({{"a", "one"}, {"dangling", "found"}, {"nowhere", "found"}}));
  ::close(socket);
}

TEST_CASE("a watched path that is neither a file nor a folder is told as what it is") {
  const TemporaryFolder folder;
  make_link("round", folder / "round");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  make_link("pipe", folder / "link");
  write_file(folder / "file", "one");
  std::vector<std::string> paths = {"/dev/null", folder / "file", folder / "link", folder / "none",
                                    folder / "round"};
  Watching watching(settings({workload("all", paths)}));
  watching.start();
  std::vector<local::PassedOver> expected = {{"/dev/null", FileKind::device},
                                             {folder / "link", FileKind::fifo},
                                             {folder / "round", FileKind::loop}};
  CHECK(watching.watcher().passed_over() == expected);
  std::filesystem::remove(folder / "link");
  write_file(folder / "link", "two");
  watching.pass_marker();
  expected.erase(expected.begin() + 1);
  CHECK(watching.watcher().passed_over() == expected);
}
