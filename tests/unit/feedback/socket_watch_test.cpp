#include "controller/feedback/socket_watch.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/unit/feedback/socket_support.h"

namespace ebbgate::feedback {
namespace {

using testing::Folder;
using testing::Listener;

TEST_CASE("a socket that is there at the beginning is no appearance") {
  const Folder folder;
  const Listener listener(folder.path("s"));
  SocketWatch watch(folder.path("s"));
  CHECK_FALSE(watch.appeared());
}

TEST_CASE("a socket that is bound is noticed, once") {
  const Folder folder;
  SocketWatch watch(folder.path("s"));
  {
    const Listener listener(folder.path("s"));
    CHECK(watch.appeared());
    CHECK_FALSE(watch.appeared());
  }
  CHECK_FALSE(watch.appeared());
  const Listener again(folder.path("s"));
  CHECK(watch.appeared());
}

TEST_CASE("a socket that is renamed to its place is noticed") {
  const Folder folder;
  SocketWatch watch(folder.path("s"));
  const Listener listener(folder.path("t"));
  CHECK_FALSE(watch.appeared());
  std::filesystem::rename(folder.path("t"), folder.path("s"));
  CHECK(watch.appeared());
}

TEST_CASE("other files are not noticed, however many") {
  const Folder folder;
  SocketWatch watch(folder.path("s"));
  for (int i = 0; i < 1000; ++i) std::ofstream(folder.path("s" + std::to_string(i))) << "x";
  CHECK_FALSE(watch.appeared());
}

TEST_CASE("a folder that is made later is watched, however much of the way to it is missing") {
  const Folder folder;
  SocketWatch watch(folder.path("run/app/s"));
  std::filesystem::create_directory(folder.path("run"));
  CHECK_FALSE(watch.appeared());
  std::filesystem::create_directory(folder.path("run/app"));
  CHECK_FALSE(watch.appeared());
  const Listener listener(folder.path("run/app/s"));
  CHECK(watch.appeared());
  CHECK_FALSE(watch.appeared());
}

TEST_CASE("a socket that came at once with its folder is noticed, once") {
  const Folder folder;
  SocketWatch watch(folder.path("run/app/s"));
  std::filesystem::create_directories(folder.path("run/app"));
  const Listener listener(folder.path("run/app/s"));
  CHECK(watch.appeared());
  CHECK_FALSE(watch.appeared());
}

TEST_CASE("a folder that is made anew is watched again, with or without its socket") {
  const Folder folder;
  std::filesystem::create_directory(folder.path("run"));
  SocketWatch watch(folder.path("run/s"));
  for (int turn = 0; turn < 3; ++turn) {
    std::filesystem::remove_all(folder.path("run"));
    CHECK_FALSE(watch.appeared());
    std::filesystem::create_directory(folder.path("run"));
    CHECK_FALSE(watch.appeared());
    {
      const Listener listener(folder.path("run/s"));
      CHECK(watch.appeared());
      CHECK_FALSE(watch.appeared());
    }
    std::filesystem::remove_all(folder.path("run"));
    std::filesystem::create_directory(folder.path("run"));
    const Listener listener(folder.path("run/s"));
    CHECK(watch.appeared());
    CHECK_FALSE(watch.appeared());
  }
}

TEST_CASE("a folder that another takes the place of is found at the next renewal") {
  const Folder folder;
  std::filesystem::create_directories(folder.path("above/run"));
  SocketWatch watch(folder.path("above/run/s"));
  std::filesystem::rename(folder.path("above"), folder.path("aside"));
  std::filesystem::create_directories(folder.path("above/run"));
  CHECK_FALSE(watch.appeared());
  watch.renew();
  const Listener listener(folder.path("above/run/s"));
  CHECK(watch.appeared());
}

}  // namespace
}  // namespace ebbgate::feedback
