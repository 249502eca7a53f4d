#include "net/answer_reader.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace ebbgate::net {
namespace {

constexpr std::size_t kMost = AnswerReader::kMostBetween;

// What a server said before it closed the connection.
class Said {
 public:
  explicit Said(const std::string& text) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const Descriptor server(ends[1]);
    bytes.open(Descriptor(ends[0]), nullptr);
    const int room = static_cast<int>(4 * kMost);
    ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    REQUIRE(::write(server.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  // What a parser reads of it, and how that ended: 0 at the end, -1 when it failed.
  std::string read(ssize_t& end, std::size_t at_once = 1) {
    std::string text;
    std::string buffer(at_once, '\0');
    while ((end = reader.read(buffer.data(), buffer.size())) > 0) {
      text.append(buffer, 0, static_cast<std::size_t>(end));
    }
    return text;
  }

  const Waiter waiter;
  ByteStream bytes{waiter};
  AnswerReader reader{bytes};
};

}  // namespace

TEST_CASE("Interim answers are passed over, whatever they say") {
  for (const std::string interim :
       {"HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nX-A: b\r\n\r\n",
        "HTTP/1.1 199\nX: y\n\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Again\r\n\r\n"}) {
    CAPTURE(interim);
    Said said(interim + "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n");
    ssize_t end = -1;
    CHECK(said.read(end, 7) == "HTTP/1.1 204\r\nA: b\r\n\r\n");
    CHECK(end == 0);
  }
}

TEST_CASE("Interim answers alone are no answer") {
  Said said("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
  ssize_t end = -1;
  CHECK(said.read(end).empty());
  CHECK(end == 0);
}

TEST_CASE("A switch of protocols is an answer like any other") {
  Said said("HTTP/1.1 101 Switching Protocols\r\n\r\nabc");
  ssize_t end = -1;
  CHECK(said.read(end) == "HTTP/1.1 101\r\n\r\nabc");
}

TEST_CASE("A status line of any length is read without its reason") {
  Said said("HTTP/1.1 200 " + std::string(kMost / 2, 'a') + "\r\n\r\n");
  ssize_t end = -1;
  CHECK(said.read(end) == "HTTP/1.1 200\r\n\r\n");
  CHECK(end == 0);
}

TEST_CASE("What comes before a body is bounded") {
  const std::string block(2 * kMost, 'a');
  for (const std::string& start :
       {std::string(), std::string("HTTP/1.1 200 "), std::string("HTTP/1.1 200 OK\r\nX: "),
        std::string("HTTP/1.1 102 OK\r\nX: ")}) {
    CAPTURE(start);
    Said said(start + block);
    ssize_t end = 0;
    CHECK(said.read(end).size() <= kMost);
    CHECK(end == -1);
    CHECK(said.reader.passed_bound());
  }
}

TEST_CASE("A body that is handed on may be of any length") {
  Said said("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 * kMost, 'a'));
  std::array<char, 1024> buffer{};
  std::size_t length = 0;
  ssize_t count = 0;
  while ((count = said.reader.read(buffer.data(), buffer.size())) > 0) {
    length += static_cast<std::size_t>(count);
    said.reader.handed_on();
  }
  CHECK(count == 0);
  CHECK(length == 2 * kMost + std::string("HTTP/1.1 200\r\n\r\n").size());
}

TEST_CASE("What an answer began as is known, however little came") {
  using Beginning = AnswerReader::Beginning;
  const std::vector<std::pair<std::string, Beginning>> answers = {
      {"", Beginning::nothing},
      {"H", Beginning::http},
      {"HTTP/1.1 200 OK\r\n\r\n", Beginning::http},
      {"HTTP/1.1 103 Hint\r\n\r\nx", Beginning::http},
      {"\x15", Beginning::tls},
      {"\x15\x03\x01x", Beginning::tls},
      {"\x16\x03\x03x", Beginning::tls},
      {"\x15\x04", Beginning::other},
      {"HTTP/2", Beginning::other},
      {"SSH-2.0", Beginning::other}};
  for (const auto& [text, beginning] : answers) {
    CAPTURE(text);
    Said said(text);
    ssize_t end = 1;
    said.read(end, 7);
    CHECK(said.reader.beginning() == beginning);
  }
}

}  // namespace ebbgate::net
