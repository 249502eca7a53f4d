#include "storage/lock_content.h"

#include <doctest/doctest.h>

using namespace ebbgate;
using namespace ebbgate::storage;

namespace {

const LockContent kContent{4711, {true, false, true, 25, std::nullopt, false}};

}  // namespace

TEST_CASE("what a lock file says is read as it was written") {
  LockContent content = kContent;
  for (const auto& digest : {std::optional<Digest>(), std::optional(sha256("closed"))}) {
    content.state.digest = digest;
    const auto read = parse_lock(render(content));
    REQUIRE(read.has_value());
    CHECK(read->pid == content.pid);
    CHECK(read->state == content.state);
  }
}

TEST_CASE("a lock file has the same size whatever it says") {
  CHECK(render(kContent).size() == render({}).size());
}

TEST_CASE("a flipped bit anywhere in a lock file is noticed") {
  const std::string text = render(kContent);
  for (std::size_t place = 0; place < text.size(); ++place) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[place] = static_cast<char>(flipped[place] ^ (1 << bit));
      CAPTURE(place);
      CHECK_FALSE(parse_lock(flipped).has_value());
      CHECK(may_be_lock(flipped));
    }
  }
}

TEST_CASE("a lock file that is cut anywhere, or longer, is noticed") {
  const std::string text = render(kContent);
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_lock(text.substr(0, length)).has_value());
    CHECK(may_be_lock(text.substr(0, length)));
  }
  CHECK_FALSE(parse_lock(text + "\n").has_value());
}

TEST_CASE("a lock file of ours is known as such however it was zeroed") {
  const std::string text = render(kContent);
  CHECK(may_be_lock(text));
  CHECK(may_be_lock("Ebbgate's lock file: neither edit nor remove it.\npid: 1"));
  for (std::size_t length = 0; length <= text.size(); ++length) {
    CAPTURE(length);
    const std::string zeros(length, '\0');
    CHECK(may_be_lock(zeros + text.substr(length)) ==
          (length < text.rfind("\nmarked as lost: ") + 1 || length == text.size()));
    CHECK(may_be_lock(text.substr(0, text.size() - length) + zeros));
  }
}

TEST_CASE("what somebody else wrote is no lock file of ours") {
  for (const std::string& content :
       {std::string("# yarn lockfile v1\n"), std::string("4711\n"), std::string("{}"),
        std::string("pid: 4711\n"), std::string(19, '\0') + "image", std::string(5000, '\0'),
        std::string(5000, '#') + "\nclosed cleanly: yes\n", std::string("Ebb and flood\n")}) {
    CAPTURE(content);
    CHECK_FALSE(may_be_lock(content));
  }
}
