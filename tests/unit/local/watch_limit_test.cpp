#include <unistd.h>

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

namespace {

LocalWorkload limited(const std::string& name, const std::string& path, std::size_t limit) {
  LocalWorkload result = workload(name, {path});
  result.max_file_size = limit;
  return result;
}

/// Waits until what is told of it contains that.
void wait_for_problem(Watching& watching, const std::string& name, const std::string& part) {
  watching.recorder.wait_until(name + " waits: " + part, [&] {
    return watching.recorder.count(name) > 0 &&
           contains(watching.recorder.last(name).missing, part);
  });
}

}  // namespace

TEST_CASE(
    "a file that grows beyond the limit keeps its last digest, and is named with both sizes") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", std::string(2048, 'a'));
  Watching watching(settings({limited("web", folder / "app.yaml", 2048)}));
  watching.start();
  CHECK(watching.recorder.last("web").missing.empty());

  write_file(folder / "app.yaml", std::string(2049, 'a'));
  wait_for_problem(watching, "web",
                   folder / "app.yaml" +
                       " holds 2049 bytes, and max_file_size is 2048 bytes: "
                       "raise max_file_size");
  CHECK(watching.recorder.last("web").references->front().digest ==
        file_digest(std::string(2048, 'a')));

  write_file(folder / "app.yaml", "small");
  watching.recorder.wait_for_digest("web", file_digest("small"));
  CHECK(watching.recorder.last("web").missing.empty());
}

TEST_CASE("a huge file is refused by its size alone, in a folder too") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  write_file(folder / "conf.d/a", "1");
  write_file(folder / "conf.d/log", "");
  REQUIRE(::truncate((folder / "conf.d/log").c_str(), off_t{1} << 40) == 0);
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(contains(watching.recorder.last("all").missing,
                 folder / "conf.d/log" + " holds 1048576 MiB, and max_file_size is 64 MiB"));
  remove_path(folder / "conf.d/log");
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "1"}}));
}

TEST_CASE("a file that does not tell its size is read up to the limit") {
  const TemporaryFolder folder;
  make_link("/proc/self/status", folder / "status");
  make_link("/proc/self/pagemap", folder / "pagemap");
  Watching watching(settings(
      {limited("status", folder / "status", 64), limited("pagemap", folder / "pagemap", 100'000)}));
  watching.start();
  CHECK(contains(watching.recorder.last("status").missing,
                 "/status holds more, and max_file_size is 64 bytes"));
  CHECK(contains(watching.recorder.last("pagemap").missing, "/pagemap holds more"));
}

TEST_CASE("each workload has its own limit for a file that two watch") {
  const TemporaryFolder folder;
  write_file(folder / "app.yaml", std::string(3000, 'a'));
  Watching watching(settings(
      {limited("low", folder / "app.yaml", 2000), limited("high", folder / "app.yaml", 4000)}));
  watching.start();
  CHECK(contains(watching.recorder.last("low").missing, "max_file_size is 2000 bytes"));
  CHECK(watching.recorder.last("high").missing.empty());
  watching.watcher().reconfigure(watching.with_marker(settings(
      {limited("low", folder / "app.yaml", 4000), limited("high", folder / "app.yaml", 4000)})));
  watching.recorder.wait_for_digest("low", file_digest(std::string(3000, 'a')));
}

TEST_CASE("links that multiply folders make the entry unreadable, until they are gone") {
  const TemporaryFolder folder;
  for (int level = 0; level < 4; ++level) {
    const std::string path = folder / ("bomb/" + std::to_string(level));
    make_folder(path);
    for (const char* name : {"a", "b", "c"}) {
      make_link("../" + std::to_string(level + 1), path + "/" + name);
    }
  }
  make_folder(folder / "bomb/4");
  write_file(folder / "bomb/4/file", "1");
  write_file(folder / "calm", "1");
  Watching watching(
      settings({workload("bomb", {folder / "bomb/0"}), workload("calm", {folder / "calm"})}));
  watching.start();
  CHECK(contains(watching.recorder.last("bomb").missing,
                 "links below " + folder / "bomb/0" + " lead to"));
  CHECK_FALSE(watching.recorder.last("bomb").references);
  CHECK(watching.recorder.last("calm").missing.empty());
  for (const char* name : {"a", "b", "c"}) remove_path(folder / "bomb/1/" + name);
  watching.recorder.wait_for_digest("bomb", folder_digest({}));
}

TEST_CASE("folders that two links lead to are read over both") {
  const TemporaryFolder folder;
  make_folder(folder / "conf.d");
  make_folder(folder / "shared");
  write_file(folder / "shared/a", "1");
  for (int link = 0; link < 10; ++link) {
    make_link("../shared", folder / ("conf.d/" + std::to_string(link)));
  }
  Watching watching(settings({workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(watching.recorder.last("all").missing.empty());
  for (int turn = 0; turn < 20; ++turn) {
    swap_link("../shared", folder / "conf.d/0");
    watching.pass_marker();
  }
  CHECK(watching.recorder.last("all").missing.empty());
}

TEST_CASE("folders nested too deep make the entry unreadable") {
  const TemporaryFolder folder;
  std::string path = folder / "deep";
  for (int level = 0; level < 70; ++level) path += "/d";
  make_folder(path);
  Watching watching(settings({workload("deep", {folder / "deep"})}));
  watching.start();
  CHECK(contains(watching.recorder.last("deep").missing, "is nested deeper than 64 folders"));
}
