#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

TEST_CASE("a folder is its files' relative names and contents, however deep") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d/sub/deep");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "conf.d/sub/b", "2");
  write_file(folder / "conf.d/sub/deep/c", "3");
  make_folder(folder / "conf.d/empty");
  Watching watching(settings({workload("all", {folder / "conf.d/"})}));
  watching.start();
  std::map<std::string, std::string> contents{{"a", "1"}, {"sub/b", "2"}, {"sub/deep/c", "3"}};
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest(contents));

  write_file(folder / "conf.d/sub/deep/c", "4");
  contents["sub/deep/c"] = "4";
  watching.recorder.wait_for_digest("all", folder_digest(contents));
  rename_path(folder / "conf.d/a", folder / "conf.d/z");
  contents.erase("a");
  contents["z"] = "1";
  watching.recorder.wait_for_digest("all", folder_digest(contents));
}

TEST_CASE("what Ebbgate writes itself is no part of a watched folder") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d/sub");
  make_link("conf.d", folder / "link");
  const std::map<std::string, std::string> contents{
      {"a", "1"}, {"own.db.conf", "2"}, {"sub/own.db", "3"}};
  for (const auto& [name, content] : contents) write_file(folder / ("conf.d/" + name), content);
  write_file(folder / "conf.d/own.db", "own");
  const std::string real = std::filesystem::canonical(folder / "conf.d");
  Watching watching(settings({workload("all", {folder / "link"})}),
                    std::make_unique<FailingFileSystem>(), std::make_unique<LossyNotifier>(),
                    {kLong, kLong}, {}, {{real, {"own.db", "own.db-wal"}, {"own.db.lost-"}}});
  watching.start();
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest(contents));
  const std::uint64_t reads = watching.watcher().statistics().reads;

  for (const char* name : {"own.db", "own.db-wal", "own.db.lost-1"}) {
    write_file(folder / ("conf.d/" + std::string(name)), "more");
  }
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 1);
  CHECK(watching.watcher().statistics().reads == reads + 1);  // the marker
}

TEST_CASE("nested folders that are moved in, within and out are followed") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  make_folder(folder / "aside/sub/deep");
  write_file(folder / "aside/sub/deep/c", "3");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest({}));

  rename_path(folder / "aside/sub", folder / "conf.d/sub");
  watching.recorder.wait_for_digest("all", folder_digest({{"sub/deep/c", "3"}}));
  write_file(folder / "conf.d/sub/deep/c", "4");
  watching.recorder.wait_for_digest("all", folder_digest({{"sub/deep/c", "4"}}));
  rename_path(folder / "conf.d/sub", folder / "conf.d/other");
  watching.recorder.wait_for_digest("all", folder_digest({{"other/deep/c", "4"}}));
  write_file(folder / "conf.d/other/deep/c", "5");
  watching.recorder.wait_for_digest("all", folder_digest({{"other/deep/c", "5"}}));
  rename_path(folder / "conf.d/other", folder / "aside/other");
  watching.recorder.wait_for_digest("all", folder_digest({}));
  write_file(folder / "aside/other/deep/c", "6");
  watching.pass_marker();
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest({}));

  rename_path(folder / "aside/other", folder / "conf.d/other");
  watching.recorder.wait_for_digest("all", folder_digest({{"other/deep/c", "6"}}));
  remove_path(folder / "conf.d");
  watching.recorder.wait_for_digest("all", absent_digest());
}

TEST_CASE("the watched folder itself may be swapped for another one") {
  const TemporaryFolder folder;
  make_folder(folder / "live");
  make_folder(folder / "next");
  write_file(folder / "live/a", "1");
  write_file(folder / "next/a", "2");
  Watching watching(
      settings({workload("all", {folder / "live"}), workload("one", {folder / "live/a"})}));
  watching.start();
  rename_path(folder / "live", folder / "old");
  rename_path(folder / "next", folder / "live");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}}));
  watching.recorder.wait_for_digest("one", file_digest("2"));
  write_file(folder / "old/a", "of no interest");
  write_file(folder / "live/a", "3");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "3"}}));
  watching.recorder.wait_for_digest("one", file_digest("3"));
}

TEST_CASE("the files that vim keeps beside a file are no change, and its writing is one") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/app.yaml", "one");
  Watching watching(settings(
      {workload("all", {folder / "conf.d"}), workload("one", {folder / "conf.d/app.yaml"})}));
  watching.start();

  write_file(folder / "conf.d/.app.yaml.swp", "swap");
  watching.pass_marker();
  write_file(folder / "conf.d/4913", "");
  remove_path(folder / "conf.d/4913");
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 1);
  CHECK(watching.recorder.count("one") == 1);

  write_file(folder / "conf.d/4913", "");
  remove_path(folder / "conf.d/4913");
  rename_path(folder / "conf.d/app.yaml", folder / "conf.d/app.yaml~");
  write_file(folder / "conf.d/app.yaml", "two");
  remove_path(folder / "conf.d/app.yaml~");
  remove_path(folder / "conf.d/.app.yaml.swp");
  watching.recorder.wait_for_digest("all", folder_digest({{"app.yaml", "two"}}));
  watching.recorder.wait_for_digest("one", file_digest("two"));
  for (const Observation& told : watching.recorder.of("all")) {
    const Digest digest = told.references->front().digest;
    // Never with a backup or a swap file; the new file may be met before its writer is done.
    CHECK((digest == folder_digest({{"app.yaml", "one"}}) || digest == folder_digest({}) ||
           digest == folder_digest({{"app.yaml", ""}}) ||
           digest == folder_digest({{"app.yaml", "two"}})));
  }
}

TEST_CASE("the lock links and backups of emacs are no change") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/app.yaml", "one");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  make_link("user@host.1234:5678", folder / "conf.d/.#app.yaml");
  std::filesystem::copy_file(folder / "conf.d/app.yaml", folder / "conf.d/app.yaml~");
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 1);
  write_file(folder / "conf.d/app.yaml", "two");
  remove_path(folder / "conf.d/.#app.yaml");
  watching.recorder.wait_for_digest("all", folder_digest({{"app.yaml", "two"}}));
  watching.pass_marker();
  CHECK(watching.recorder.count("all") == 2);
}

TEST_CASE("a new file that is just being written is not read before it is closed") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  const BootTime begin = BootClock::now();
  const int file =
      ::open((folder / "conf.d/a").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  REQUIRE(::write(file, "whole", 5) == 5);
  watching.pass_marker();
  const std::size_t told = watching.recorder.count("all");
  if (BootClock::now() - begin < 1s) CHECK(told == 1);
  REQUIRE(::close(file) == 0);
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "whole"}}));
  CHECK(watching.recorder.count("all") == 2);
}

TEST_CASE("one changed file among two thousand costs the reading of one") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  std::map<std::string, std::string> contents;
  for (int number = 0; number < 2000; ++number) {
    const std::string name = "file-" + std::to_string(number);
    contents[name] = name;
    write_file(folder / ("conf.d/" + name), name);
  }
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(watching.recorder.last("all").references->front().digest == folder_digest(contents));
  const std::uint64_t before = watching.watcher().statistics().reads;
  contents["file-1234"] = "changed";
  write_file(folder / "conf.d/file-1234", "changed");
  watching.recorder.wait_for_digest("all", folder_digest(contents));
  watching.pass_marker();
  // One is the marker's.
  CHECK(watching.watcher().statistics().reads == before + 2);

  for (auto& [name, content] : contents) {
    content += " again";
    write_file(folder / ("conf.d/" + name), content);
  }
  watching.recorder.wait_for_digest("all", folder_digest(contents));
  for (const auto& [name, content] : contents) remove_path(folder / ("conf.d/" + name));
  watching.recorder.wait_for_digest("all", folder_digest({}));
}

TEST_CASE("a folder that links to itself ends") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d/sub");
  write_file(folder / "conf.d/sub/a", "1");
  make_link("..", folder / "conf.d/sub/up");
  make_link(folder / "conf.d", folder / "conf.d/sub/top");
  make_link("sub", folder / "conf.d/twice");
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(watching.recorder.last("all").references->front().digest ==
        folder_digest({{"sub/a", "1"}, {"twice/a", "1"}}));
  write_file(folder / "conf.d/sub/a", "2");
  watching.recorder.wait_for_digest("all", folder_digest({{"sub/a", "2"}, {"twice/a", "2"}}));
}
