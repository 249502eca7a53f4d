#include "metrics/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/unit/metrics/raw_client.h"

namespace ebbgate::metrics {

namespace {

using test::RawClient;

// A folder of its own, removed with everything in it.
struct Folder {
  std::string path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ebbgate-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string at(const std::string& name) const { return path + "/" + name; }
};

int mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return static_cast<int>(found.st_mode & 07777);
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

}  // namespace

TEST_CASE("port 0 takes a free port and tells it") {
  const auto first = Listener::tcp("127.0.0.1:0");
  REQUIRE_MESSAGE(first.listener, first.error);
  CHECK(first.listener->port() > 0);
  CHECK(first.listener->address() == "127.0.0.1:" + std::to_string(first.listener->port()));
  CHECK_NOTHROW(RawClient(first.listener->port()));
}

TEST_CASE("an IPv6 address stands in brackets") {
  const auto result = Listener::tcp("[::1]:0");
  if (!result.listener) {
    MESSAGE("no IPv6 here: " << result.error);
    return;
  }
  CHECK(result.listener->address() == "[::1]:" + std::to_string(result.listener->port()));
}

TEST_CASE("a second listener on one port fails, and says where and what to do") {
  const auto first = Listener::tcp("127.0.0.1:0");
  REQUIRE(first.listener);
  const auto second = Listener::tcp(first.listener->address());
  CHECK_FALSE(second.listener);
  CHECK(second.error.find(first.listener->address()) != std::string::npos);
  CHECK(second.error.find("another program") != std::string::npos);
  CHECK(second.error.find("`listen`") != std::string::npos);
}

TEST_CASE("a port can be taken again right after its server ended") {
  auto first = Listener::tcp("127.0.0.1:0");
  REQUIRE(first.listener);
  const std::string address = first.listener->address();
  {
    // The server closes first, so that its side stays in TIME_WAIT.
    const RawClient client(first.listener->port());
    Descriptor served(::accept(first.listener->fd(), nullptr, nullptr));
    REQUIRE(served);
    first.listener.reset();
  }
  const auto second = Listener::tcp(address);
  CHECK_MESSAGE(second.listener, second.error);
}

TEST_CASE("what is no address is refused, and the error shows one") {
  for (const char* address :
       {"", "9911", ":9911", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536",
        "127.0.0.1:-1", "::1:9911", "[::1]", "[::1]9911"}) {
    CAPTURE(address);
    const auto result = Listener::tcp(address);
    CHECK_FALSE(result.listener);
    CHECK_FALSE(result.error.empty());
  }
  CHECK(Listener::tcp("9911").error.find("127.0.0.1:9911") != std::string::npos);
  CHECK(Listener::tcp("192.0.2.1:0").error.find("an address of this machine") != std::string::npos);
}

TEST_CASE("listening sockets are close-on-exec") {
  const auto result = Listener::tcp("127.0.0.1:0");
  REQUIRE(result.listener);
  CHECK((::fcntl(result.listener->fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a Unix socket has mode 0600 and goes with its listener") {
  const Folder folder;
  const std::string path = folder.at("admin.sock");
  const mode_t before = ::umask(0);
  auto result = Listener::unix_socket(path);
  ::umask(before);
  REQUIRE_MESSAGE(result.listener, result.error);
  CHECK(mode_of(path) == 0600);
  CHECK_NOTHROW(RawClient{path});
  result.listener.reset();
  CHECK_FALSE(exists(path));
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("the socket file of a process that died is replaced") {
  const Folder folder;
  const std::string path = folder.at("admin.sock");
  auto died = Listener::unix_socket(path);
  REQUIRE(died.listener);
  // Its name outlives it, as after kill -9.
  std::filesystem::rename(path, folder.at("kept"));
  died.listener.reset();
  std::filesystem::rename(folder.at("kept"), path);
  REQUIRE(exists(path));
  REQUIRE_THROWS(RawClient{path});

  const auto result = Listener::unix_socket(path);
  REQUIRE_MESSAGE(result.listener, result.error);
  CHECK_NOTHROW(RawClient{path});
}

TEST_CASE("a Unix socket that somebody listens on is left alone") {
  const Folder folder;
  const std::string path = folder.at("admin.sock");
  const auto first = Listener::unix_socket(path);
  REQUIRE(first.listener);
  const auto second = Listener::unix_socket(path);
  CHECK_FALSE(second.listener);
  CHECK(second.error.find(path) != std::string::npos);
  CHECK(second.error.find("another process listens") != std::string::npos);
  CHECK_NOTHROW(RawClient{path});
}

TEST_CASE("a file that is no socket is never replaced") {
  const Folder folder;
  const std::string path = folder.at("notes.txt");
  std::ofstream(path) << "dear diary";
  const auto result = Listener::unix_socket(path);
  CHECK_FALSE(result.listener);
  CHECK(result.error.find("no socket") != std::string::npos);
  CHECK(std::filesystem::file_size(path) == 10);
}

TEST_CASE("a listener removes no socket file that a later one put in its place") {
  const Folder folder;
  const std::string path = folder.at("admin.sock");
  auto first = Listener::unix_socket(path);
  REQUIRE(first.listener);
  std::filesystem::remove(path);
  const auto second = Listener::unix_socket(path);
  REQUIRE(second.listener);
  first.listener.reset();
  CHECK_NOTHROW(RawClient{path});
}

TEST_CASE("a Unix socket's path that cannot be used is an error that names it") {
  const std::string long_path = "/tmp/" + std::string(120, 'x');
  CHECK(Listener::unix_socket(long_path).error.find("shorter") != std::string::npos);
  const auto nowhere = Listener::unix_socket("/nowhere/at/all.sock");
  CHECK(nowhere.error.find("/nowhere/at/all.sock") != std::string::npos);
  CHECK(nowhere.error.find("folder") != std::string::npos);
}

}  // namespace ebbgate::metrics
