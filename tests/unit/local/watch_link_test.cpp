#include <filesystem>

#include <doctest/doctest.h>

#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local::testing;

namespace {

/// A volume as Kubernetes mounts a ConfigMap.
class Volume {
 public:
  explicit Volume(std::string path) : path_(std::move(path)) { make_folder(path_); }

  void create(const std::map<std::string, std::string>& contents) {
    fill(contents);
    make_link(generation(), path_ + "/..data");
    for (const auto& [name, content] : contents) make_link("..data/" + name, path_ + "/" + name);
  }
  /// What kubelet does: a new folder, the swap, and away with the old one.
  void swap(const std::map<std::string, std::string>& contents) {
    const std::string old = generation();
    ++generation_;
    fill(contents);
    swap_link(generation(), path_ + "/..data");
    remove_path(path_ + "/" + old);
  }

 private:
  std::string generation() const { return "..2026_" + std::to_string(generation_); }
  void fill(const std::map<std::string, std::string>& contents) {
    make_folder(path_ + "/" + generation());
    for (const auto& [name, content] : contents) {
      write_file(path_ + "/" + generation() + "/" + name, content);
    }
  }

  std::string path_;
  int generation_ = 0;
};

}  // namespace

TEST_CASE("the swap of ..data in a Kubernetes volume is a change of its files and its folder") {
  const TemporaryFolder folder;
  Volume volume(folder / "volume");
  volume.create({{"a", "1"}, {"b", "1"}});
  Watching watching(
      settings({workload("one", {folder / "volume/a"}), workload("all", {folder / "volume"})}));
  watching.start();
  CHECK(watching.recorder.last("one").references->front().digest == file_digest("1"));
  CHECK(watching.recorder.last("all").references->front().digest ==
        folder_digest({{"a", "1"}, {"b", "1"}}));

  volume.swap({{"a", "2"}, {"b", "1"}});
  watching.recorder.wait_for_digest("one", file_digest("2"));
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "2"}, {"b", "1"}}));
  volume.swap({{"a", "3"}, {"b", "3"}});
  volume.swap({{"a", "4"}, {"b", "4"}});
  watching.recorder.wait_for_digest("one", file_digest("4"));
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "4"}, {"b", "4"}}));
  for (const Observation& told : watching.recorder.of("one")) {
    CHECK(told.references->front().digest != absent_digest());
  }

  const std::size_t before = watching.recorder.count("one");
  volume.swap({{"a", "4"}, {"b", "5"}});
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "4"}, {"b", "5"}}));
  watching.pass_marker();
  CHECK(watching.recorder.count("one") == before);
}

TEST_CASE("many swaps in a row never show a file absent, and leave no watch behind") {
  const TemporaryFolder folder;
  Volume volume(folder / "volume");
  volume.create({{"a", "0"}});
  Watching watching(
      settings({workload("one", {folder / "volume/a"}), workload("all", {folder / "volume"})}));
  watching.start();
  watching.pass_marker();
  watching.pass_marker();
  const std::uint64_t watches = watching.watcher().statistics().watches;
  for (int turn = 1; turn <= 50; ++turn) volume.swap({{"a", std::to_string(turn)}});
  watching.recorder.wait_for_digest("one", file_digest("50"));
  watching.recorder.wait_for_digest("all", folder_digest({{"a", "50"}}));
  for (const Observation& told : watching.recorder.of("one")) {
    CHECK(told.references->front().digest != absent_digest());
  }
  watching.recorder.wait_until("as many watches as before",
                               [&] { return watching.watcher().statistics().watches == watches; });
}

TEST_CASE("every link of a chain may be replaced") {
  const TemporaryFolder folder;
  make_folder(folder / "releases/1");
  make_folder(folder / "releases/2");
  make_folder(folder / "etc");
  write_file(folder / "releases/1/app.yaml", "1");
  write_file(folder / "releases/2/app.yaml", "2");
  make_link("releases/1", folder / "current");
  make_link("../current/app.yaml", folder / "etc/second");
  make_link(folder / "etc/second", folder / "etc/first");
  Watching watching(settings({workload("one", {folder / "etc/first"})}));
  watching.start();
  CHECK(watching.recorder.last("one").references->front().digest == file_digest("1"));

  swap_link("releases/2", folder / "current");
  watching.recorder.wait_for_digest("one", file_digest("2"));
  write_file(folder / "releases/2/app.yaml", "3");
  watching.recorder.wait_for_digest("one", file_digest("3"));
  write_file(folder / "etc/aside", "4");
  swap_link("aside", folder / "etc/second");
  watching.recorder.wait_for_digest("one", file_digest("4"));
  swap_link("../releases/1/app.yaml", folder / "etc/first");
  watching.recorder.wait_for_digest("one", file_digest("1"));
  remove_path(folder / "releases/1");
  watching.recorder.wait_for_digest("one", absent_digest());
  make_folder(folder / "releases/1");
  write_file(folder / "releases/1/app.yaml", "5");
  watching.recorder.wait_for_digest("one", file_digest("5"));
}

TEST_CASE("a link to a folder, watched itself or found within one, may lead elsewhere") {
  const TemporaryFolder folder;
  make_folder(folder / "one");
  make_folder(folder / "two");
  make_folder(folder / "conf.d");
  write_file(folder / "one/a", "1");
  write_file(folder / "two/a", "2");
  make_link("one", folder / "live");
  make_link("../live", folder / "conf.d/sub");
  Watching watching(
      settings({workload("live", {folder / "live"}), workload("all", {folder / "conf.d"})}));
  watching.start();
  CHECK(watching.recorder.last("live").references->front().digest == folder_digest({{"a", "1"}}));
  CHECK(watching.recorder.last("all").references->front().digest ==
        folder_digest({{"sub/a", "1"}}));
  swap_link("two", folder / "live");
  watching.recorder.wait_for_digest("live", folder_digest({{"a", "2"}}));
  watching.recorder.wait_for_digest("all", folder_digest({{"sub/a", "2"}}));
  write_file(folder / "two/b", "3");
  watching.recorder.wait_for_digest("live", folder_digest({{"a", "2"}, {"b", "3"}}));
  watching.recorder.wait_for_digest("all", folder_digest({{"sub/a", "2"}, {"sub/b", "3"}}));
}

TEST_CASE("a link that leads nowhere is adopted as absent, and its target's appearing is seen") {
  const TemporaryFolder folder;
  make_link("not/yet", folder / "app.yaml");
  make_link("round", folder / "round");
  Watching watching(
      settings({workload("one", {folder / "app.yaml"}), workload("round", {folder / "round"})}));
  watching.start();
  CHECK(watching.recorder.last("one").references->front().digest == absent_digest());
  CHECK(watching.recorder.last("round").references->front().digest == absent_digest());
  make_folder(folder / "not");
  write_file(folder / "not/yet", "1");
  watching.recorder.wait_for_digest("one", file_digest("1"));
}
