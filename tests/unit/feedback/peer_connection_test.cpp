#include "controller/feedback/peer_connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/feedback/peer_support.h"
#include "tests/unit/feedback/socket_support.h"

namespace ebbgate::feedback {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using Dialled = PeerConnection::Dialled;

// Far more than the short limits below, far less than what a byte a second would prolong them to.
constexpr Duration kLoaded = 20s;

struct World {
  Folder folder;
  PeerSettings settings = settings_of("sidecar");
  PeerConnection connection;

  World() { settings.socket = folder.path("s"); }
  Dialled dial() { return connection.dial(settings); }
  std::optional<Ending> exchange(std::string_view line) { return connection.exchange(line).ending; }
};

struct Connected : World {
  Listener listener{settings.socket};
  Accepted peer;

  explicit Connected(Duration limit = 60s) : peer(connect(limit)) {}
  Accepted connect(Duration limit) {
    settings.write_timeout = settings.ack_timeout = limit;
    REQUIRE(dial() == Dialled::connected);
    return listener.accept();
  }
};

TEST_CASE("one line goes out, and one comes back") {
  Connected world;
  std::thread peer([&world] {
    for (int i = 0; i < 3; ++i) world.peer.write("to " + world.peer.read_line() + "\n");
  });
  for (const std::string line : {"a", "b", "c"}) {
    const auto exchanged = world.connection.exchange(line);
    CHECK_FALSE(exchanged.ending);
    CHECK(exchanged.line == "to " + line);
  }
  peer.join();
  CHECK_FALSE(world.connection.has_more());
}

TEST_CASE("an answer may come byte by byte, within its time") {
  Connected world;
  std::thread peer([&world] {
    world.peer.read_line();
    for (const char c : std::string("{\"ok\":true}\n")) world.peer.write({&c, 1});
  });
  CHECK(world.connection.exchange("a").line == "{\"ok\":true}");
  peer.join();
}

TEST_CASE("a message of any size is sent whole to a peer that reads") {
  Connected world;
  const std::string line(5'000'000, 'x');
  std::size_t length = 0;
  std::thread peer([&world, &length] {
    length = world.peer.read_line().size();
    world.peer.write("{}\n");
  });
  CHECK_FALSE(world.exchange(line));
  peer.join();
  CHECK(length == line.size());
}

TEST_CASE("a peer that never reads is cut off when the write has taken too long") {
  Connected world(100ms);
  CHECK(world.exchange(std::string(5'000'000, 'x')) == Ending::timeout);
  CHECK(world.connection.problem() == "the peer did not read a message within 100ms");
}

TEST_CASE("a peer that reads a little now and then does not prolong the write") {
  Connected world(200ms);
  std::thread peer([&world] {
    std::vector<char> some(1000);
    pollfd polled{world.peer.descriptor(), POLLIN, 0};
    while (::poll(&polled, 1, 60'000) > 0 &&
           ::read(world.peer.descriptor(), some.data(), some.size()) > 0) {
      std::this_thread::sleep_for(5ms);
    }
  });
  const BootTime begin = BootClock::now();
  CHECK(world.exchange(std::string(8'000'000, 'x')) == Ending::timeout);
  CHECK(BootClock::now() - begin < kLoaded);
  world.connection.close();
  peer.join();
}

TEST_CASE("a peer that says nothing is cut off when its time is over") {
  Connected world(100ms);
  const BootTime begin = BootClock::now();
  CHECK(world.exchange("a") == Ending::timeout);
  CHECK(BootClock::now() - begin >= 100ms);
  CHECK(world.connection.problem() == "no answer within 100ms");
}

TEST_CASE("a peer that answers a byte now and then does not prolong its time") {
  Connected world(200ms);
  std::thread peer([&world] {
    while (world.peer.write("x")) std::this_thread::sleep_for(20ms);
  });
  const BootTime begin = BootClock::now();
  CHECK(world.exchange("a") == Ending::timeout);
  CHECK(BootClock::now() - begin < kLoaded);
  world.connection.close();
  peer.join();
}

TEST_CASE("an answer without end is cut off early, however much would come") {
  Connected world;
  std::size_t written = 0;
  std::thread peer([&world, &written] {
    const std::string piece(std::size_t{64} * 1024, 'x');
    while (written < (std::size_t{1} << 30) && world.peer.write(piece)) written += piece.size();
  });
  CHECK(world.exchange("a") == Ending::overlong);
  world.connection.close();
  peer.join();
  CHECK(written < 10'000'000);
}

TEST_CASE("an answer of the greatest length is read, one byte more is too much") {
  Connected world;
  std::thread peer([&world] {
    world.peer.write(std::string(PeerConnection::kLongestAnswer, 'x') + "\n");
    world.peer.read_line();
    world.peer.read_line();
    world.peer.write(std::string(PeerConnection::kLongestAnswer + 1, 'x') + "\n");
  });
  CHECK(world.connection.exchange("a").line.size() == PeerConnection::kLongestAnswer);
  CHECK(world.exchange("b") == Ending::overlong);
  peer.join();
}

TEST_CASE("answers that nobody asked for end the connection") {
  Connected world;
  CHECK_FALSE(world.connection.look());
  world.peer.write("{\"ok\":true}\n");
  CHECK(world.connection.look() == Ending::unasked);
}

TEST_CASE("several answers to one message leave some that nobody asked for") {
  Connected world;
  world.peer.write("{\"ok\":true}\n{\"ok\":true}\n");
  CHECK(world.connection.exchange("a").line == "{\"ok\":true}");
  CHECK(world.connection.has_more());
  CHECK(world.connection.look() == Ending::unasked);
}

TEST_CASE("a flood of answers that nobody reads does not hold up the end") {
  Connected world;
  std::thread peer([&world] {
    while (world.peer.write("{\"ok\":true}\n{\"ok\":true}\n")) {
    }
  });
  CHECK(comes_true([&world] { return world.connection.look() == Ending::unasked; }));
  world.connection.close();
  peer.join();
}

TEST_CASE("a peer that closes, also in the middle of an answer, is said to have closed") {
  {
    Connected world;
    world.peer.close();
    CHECK(world.connection.look() == Ending::closed);
    CHECK(world.exchange("a") == Ending::closed);
  }
  {
    Connected world;
    world.peer.write("{\"ok\":tr");
    world.peer.close();
    CHECK(world.exchange("a") == Ending::closed);
    CHECK(world.connection.problem() == "closed by the peer");
  }
}

TEST_CASE("a new connection knows nothing of the bytes of the last") {
  Connected world;
  world.peer.write("{}\n{\"half");
  world.exchange("a");
  world.connection.close();
  REQUIRE(world.dial() == Dialled::connected);
  Accepted again = world.listener.accept();
  again.write("whole\n");
  CHECK(world.connection.exchange("b").line == "whole");
}

TEST_CASE("what is not there, or listens not, refuses") {
  World world;
  CHECK(world.dial() == Dialled::refused);
  CHECK(world.connection.problem() == "there is no socket " + world.settings.socket);
  CHECK(world.connection.descriptor() < 0);
  std::ofstream(world.settings.socket) << "a file";
  CHECK(world.dial() == Dialled::refused);
  CHECK(world.connection.problem() == world.settings.socket + " is not a socket");
  world.settings.socket = "/" + std::string(200, 'x');
  CHECK(world.dial() == Dialled::refused);
}

TEST_CASE("a socket whose owner or mode is another than is required is not connected to") {
  World world;
  const Listener listener(world.settings.socket);
  ::chmod(world.settings.socket.c_str(), 0600);
  world.settings.required_mode = 0600;
  world.settings.required_owner = std::to_string(::getuid());
  CHECK(world.dial() == Dialled::connected);
  world.connection.close();
  world.settings.required_mode = 0660;
  CHECK(world.dial() == Dialled::refused);
  CHECK(world.connection.problem() == world.settings.socket + " has mode 0600, not 0660");
  world.settings.required_mode = std::nullopt;
  world.settings.required_owner = std::to_string(::getuid() + 1);
  CHECK(world.dial() == Dialled::refused);
  CHECK(world.connection.problem().find("belongs to user") != std::string::npos);
  world.settings.required_owner = "nobody-of-this-name";
  CHECK(world.dial() == Dialled::refused);
}

TEST_CASE("a user may be required by name") {
  if (::getuid() != 0) return;
  World world;
  const Listener listener(world.settings.socket);
  world.settings.required_owner = "root";
  CHECK(world.dial() == Dialled::connected);
}

TEST_CASE("a peer that accepts nobody is given up when the dial has taken too long") {
  World world;
  Listener listener(world.settings.socket, 0);
  std::vector<std::unique_ptr<PeerConnection>> others;
  world.settings.dial_timeout = 200ms;
  Dialled last = Dialled::connected;
  while (last == Dialled::connected && others.size() < 10) {
    others.push_back(std::make_unique<PeerConnection>());
    last = others.back()->dial(world.settings);
  }
  CHECK(last == Dialled::late);
  world.settings.dial_timeout = 60s;
  std::thread frees([&listener, &others] {
    for (std::size_t i = 0; i + 1 < others.size(); ++i) listener.accept();
  });
  CHECK(world.dial() == Dialled::connected);
  frees.join();
}

TEST_CASE("any wait can be interrupted, and is until it is allowed again") {
  const auto interrupted = [](Connected& world, const std::function<bool()>& waits) {
    bool ended = false;
    std::thread waiter([&] { ended = waits(); });
    world.connection.interrupt();
    waiter.join();
    return ended;
  };
  Connected reading;
  CHECK(interrupted(reading, [&] { return reading.exchange("a") == Ending::stopped; }));
  CHECK(reading.exchange("a") == Ending::stopped);
  Connected writing;
  CHECK(interrupted(
      writing, [&] { return writing.exchange(std::string(5'000'000, 'x')) == Ending::stopped; }));
  CHECK(writing.dial() == Dialled::interrupted);
  writing.connection.allow();
  CHECK(writing.dial() == Dialled::connected);
}

TEST_CASE("a dial that waits can be interrupted") {
  World world;
  const Listener listener(world.settings.socket, 0);
  std::vector<std::unique_ptr<PeerConnection>> others;
  world.settings.dial_timeout = 100ms;
  do {
    others.push_back(std::make_unique<PeerConnection>());
  } while (others.back()->dial(world.settings) == Dialled::connected);
  world.settings.dial_timeout = 60s;
  Dialled dialled = Dialled::connected;
  std::thread waiter([&] { dialled = world.dial(); });
  world.connection.interrupt();
  waiter.join();
  CHECK(dialled == Dialled::interrupted);
}

TEST_CASE("children do not inherit the connection") {
  Connected world;
  CHECK((::fcntl(world.connection.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace
}  // namespace ebbgate::feedback
