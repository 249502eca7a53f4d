#include "metrics/request_head.h"

#include <string>

#include <doctest/doctest.h>

namespace ebbgate::metrics {

namespace {

constexpr std::size_t kMost = 1000;

RequestHead post(const std::string& headers) {
  return read_head("POST /a HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n", kMost, nullptr);
}

RequestHead from_a_page(const std::string& method) {
  const std::string head = method + " / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n\r\n";
  return read_head(head, kMost, nullptr);
}

int refused(const std::string& headers) {
  const auto refusal = post(headers).refusal;
  return refusal ? refusal->status : 0;
}

}  // namespace

TEST_CASE("a head ends behind its empty line, however its bytes came") {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  const std::string text = head + "\r\n\r\nbody";
  for (std::size_t scanned = 0; scanned < head.size(); ++scanned) {
    CAPTURE(scanned);
    CHECK_FALSE(end_of_head(text.substr(0, scanned), 0).has_value());
    CHECK(end_of_head(text, scanned) == head.size());
  }
  CHECK(end_of_head("GET /\n\nbody\r\n\r\n", 0) == 7);
  CHECK_FALSE(end_of_head("", 0).has_value());
}

TEST_CASE("a head tells how long its body is, and whether the client waits to send it") {
  CHECK(post("").body_size == 0);
  CHECK(post("Content-Length: 12\r\n").body_size == 12);
  CHECK(post("content-LENGTH:\t1000 \r\n").body_size == 1000);
  CHECK(post("X-Content-Length: 12\r\n").body_size == 0);
  CHECK_FALSE(post("Content-Length: 12\r\n").refusal.has_value());
  CHECK_FALSE(post("Content-Length: 12\r\n").expects_continue);
  CHECK(post("Content-Length: 12\r\nExpect: 100-Continue\r\n").expects_continue);
  CHECK_FALSE(post("Content-Length: 12\r\nExpect: 100-continued\r\n").expects_continue);
}

TEST_CASE("a body that is too large, of unknown size or of two sizes is refused") {
  CHECK(refused("Content-Length: 1000\r\n") == 0);
  CHECK(refused("Content-Length: 1001\r\n") == 413);
  CHECK(refused("Content-Length: 99999999999999999999999\r\n") == 413);
  for (const std::string size :
       {"-1", "+1", "", " ", "x", "1 2", "1,1", "0x1", "1.0", "99999999999999999999999x"}) {
    CAPTURE(size);
    CHECK(refused("Content-Length: " + size + "\r\n") == 400);
  }
  CHECK(refused("Content-Length: 1\r\nContent-Length: 2\r\n") == 400);
  CHECK(refused("Content-Length: 1\r\nContent-Length: 01\r\n") == 400);
  CHECK(refused("Content-Length: 1\r\nContent-Length: 1\r\n") == 0);
  CHECK(refused("Transfer-Encoding: chunked\r\n") == 411);
  CHECK(refused("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") == 411);
}

TEST_CASE("web pages may look, but not act") {
  CHECK(refused("Origin: http://127.0.0.1:9911\r\n") == 403);
  CHECK(refused("origin: null\r\n") == 403);
  CHECK(refused("ORIGIN:\r\n") == 403);
  CHECK(refused("X-Origin: http://a\r\n") == 0);
  for (const std::string method : {"GET", "HEAD"}) {
    CHECK_FALSE(from_a_page(method).refusal);
  }
  for (const std::string method : {"PUT", "DELETE", "GETS", "get", "OPTIONS"}) {
    CAPTURE(method);
    CHECK(from_a_page(method).refusal);
  }
}

TEST_CASE("a request to another host is refused, and one of HTTP/1.1 to none") {
  const HostNames names({"box"});
  const auto status = [&](const std::string& head) {
    const auto refusal = read_head(head + "\r\n", kMost, &names).refusal;
    return refusal ? refusal->status : 0;
  };
  for (const std::string method : {"GET", "HEAD", "POST", "OPTIONS"}) {
    CAPTURE(method);
    CHECK(status(method + " / HTTP/1.1\r\nHost: box:9911\r\n") == 0);
    CHECK(status(method + " / HTTP/1.1\r\nhost:\tevil.example \r\n") == 403);
    CHECK(status(method + " / HTTP/1.0\r\nHost: evil.example\r\n") == 403);
    CHECK(status(method + " / HTTP/1.1\r\nA: b\r\n") == 400);
    CHECK(status(method + " / HTTP/1.1\r\nHost:\r\n") == 400);
    CHECK(status(method + " / HTTP/1.0\r\nA: b\r\n") == 0);
    CHECK(status(method + " / HTTP/1.0\r\n") == 0);
  }
  CHECK(status("GET / HTTP/1.1\r\nHost: box\r\nHost: box\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost: box\r\nHost: evil.example\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nHost : box\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\nX-Host: box\r\n") == 400);
}

TEST_CASE("a line that others may read as another header is refused") {
  using namespace std::string_literals;
  for (const std::string& line :
       {"Host : x"s, "Host\t: x"s, "X-Any : x"s, "Content-Length : 12"s, "Origin : null"s, " X: y"s,
        "\tX: y"s, " "s, "X"s, ": x"s, "X Y: z"s, "X(: y"s, "X\0: y"s, "\xC3\xA4: y"s, "X: y\0z"s,
        "X: y\rHost: z"s}) {
    CAPTURE(line);
    CHECK(refused(line + "\r\n") == 400);
    CHECK(refused(line + "\n") == 400);
    // Also in the first line behind the request's, and in a request that only looks.
    const auto refusal =
        read_head("GET / HTTP/1.1\r\n" + line + "\r\nHost: a\r\n\r\n", kMost, nullptr).refusal;
    REQUIRE(refusal);
    CHECK(refusal->status == 400);
  }
  for (const std::string& line :
       {"X:y"s, "X:"s, "X: "s, "X:\ty \t"s, "X: a:b"s, "!#$%&'*+-.^_`|~9: x"s, "X: \xC3\xA4"s}) {
    CAPTURE(line);
    CHECK(refused(line + "\r\n") == 0);
    CHECK(refused(line + "\n") == 0);
  }
}

TEST_CASE("what is no head does no harm") {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv, "\n\n"sv, "\r\n\r\n"sv, ":\r\n\n"sv, "\0\0\n"sv}) {
    const RequestHead head = read_head(text, kMost, nullptr);
    CHECK(head.body_size == 0);
    CHECK_FALSE(head.refusal.has_value());
  }
  // The request line is none of the headers.
  CHECK(read_head("Content-Length: 12\r\n\r\n", kMost, nullptr).body_size == 0);
}

}  // namespace ebbgate::metrics
