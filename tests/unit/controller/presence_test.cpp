#include "controller/presence.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace ebbgate {
namespace {

using configuration::NamedPath;
using Kind = NamedPath::Kind;
using Lines = std::vector<std::string>;

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/ebbgate-presence-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ / name; }
  std::string file(const std::string& name, mode_t mode = 0600) const {
    std::ofstream(path_ / name) << "#!/bin/sh\n";
    ::chmod((path_ / name).c_str(), mode);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

Lines absent(Kind kind, const std::string& path) {
  return what_is_absent({{kind, "e.yaml:3: key", path}});
}

}  // namespace

TEST_CASE("What is there is not told of") {
  const Folder folder;
  CHECK(what_is_absent({{Kind::watched, "", folder.file("app.conf")},
                        {Kind::watched, "", folder / ""},
                        {Kind::program, "", folder.file("run", 0700)},
                        {Kind::program, "", "sh"},
                        {Kind::socket_folder, "", folder / ""}})
            .empty());
}

TEST_CASE("A watched path that does not exist is told with its place and what to do") {
  const Folder folder;
  CHECK(
      absent(Kind::watched, folder / "none") ==
      Lines{"e.yaml:3: key: " + folder / "none" + " does not exist; create it, or mend the path"});
  std::filesystem::create_symlink("nowhere", folder / "link");
  CHECK(absent(Kind::watched, folder / "link").size() == 1);
  CHECK(absent(Kind::watched, folder.file("file") + "/below").size() == 1);
}

TEST_CASE("A watched path that is neither a file nor a folder is told as what it is") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("round", folder / "round");
  std::filesystem::create_symlink("pipe", folder / "link");
  for (const auto& [name, what] : {std::pair("pipe", "is a FIFO, which is not read"),
                                   std::pair("link", "is a FIFO, which is not read"),
                                   std::pair("round", "leads into a loop of symbolic links")}) {
    CAPTURE(name);
    const Lines told = absent(Kind::watched, folder / name);
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with("e.yaml:3: key: " + folder / name + " " + what));
  }
  CHECK(
      absent(Kind::watched, "/dev/null").at(0).starts_with("e.yaml:3: key: /dev/null is a device"));
}

TEST_CASE("A program that cannot be run is told with what to do") {
  const Folder folder;
  CHECK(absent(Kind::program, folder / "none") ==
        Lines{"e.yaml:3: key: cannot execute " + folder / "none" +
              ": No such file or directory: install it or mend the path"});
  CHECK(absent(Kind::program, folder.file("plain")) ==
        Lines{"e.yaml:3: key: cannot execute " + folder / "plain" +
              ": Permission denied: let the user whom Ebbgate runs as execute it"});
  CHECK(absent(Kind::program, folder / "none at all") ==
        Lines{"e.yaml:3: key: cannot execute " + folder / "none at all" +
              ": No such file or directory: no shell takes it apart: write one list item per "
              "argument, such as [nginx, -s, reload]"});
  const Lines unknown = absent(Kind::program, "no-such-program-anywhere");
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].starts_with("e.yaml:3: key: cannot find the program no-such-program-anywhere"));
  CHECK(unknown[0].ends_with(": install it or write its whole path"));
}

TEST_CASE("A socket's folder must be one") {
  const Folder folder;
  CHECK(absent(Kind::socket_folder, folder / "none") ==
        Lines{"e.yaml:3: key: " + folder / "none" +
              " does not exist; create it, start what creates it, or mend the path"});
  CHECK(absent(Kind::socket_folder, folder.file("file")) ==
        Lines{"e.yaml:3: key: " + folder / "file" + " is no folder; mend the path"});
}

TEST_CASE("What keeps the admin socket from being there is told, with what comes of it") {
  const Folder folder;
  const std::string place = "e.yaml:3: key: ";
  CHECK(absent(Kind::admin_socket, folder / "none/a.sock") ==
        Lines{place + "its folder " + folder / "none" +
              " does not exist; create it, or set another path; until then `ebbgate run` does not "
              "start"});
  CHECK(absent(Kind::admin_socket, folder.file("file") + "/a.sock").size() == 1);
  CHECK(absent(Kind::admin_socket, folder / "file") ==
        Lines{place + folder / "file" +
              ": something that is no socket has that name; remove it, or set another path; until "
              "then `ebbgate run` does not start"});
  CHECK(absent(Kind::admin_socket, folder / "a.sock").empty());
  CHECK(absent(Kind::usual_admin_socket, folder / "a.sock").empty());
  CHECK(absent(Kind::usual_admin_socket, folder / "none/a.sock").empty());
  const Lines release = absent(Kind::usual_admin_socket, folder / "file");
  REQUIRE(release.size() == 1);
  CHECK(release[0].ends_with("until then `ebbgate release` does not reach this Ebbgate"));
}

TEST_CASE("Once the time is over, what was not looked at is named and counted") {
  const NamedPath path{Kind::watched, "e.yaml:3: key", "/"};
  const Lines told = what_is_absent({path, path, path}, {Duration::zero(), Duration::zero()});
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("e.yaml:3: key: / was not looked at, nor were 2 paths behind it"));
}

}  // namespace ebbgate
