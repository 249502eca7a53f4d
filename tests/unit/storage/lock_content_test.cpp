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
    }
  }
}

TEST_CASE("a lock file that is cut anywhere, or longer, is noticed") {
  const std::string text = render(kContent);
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_lock(text.substr(0, length)).has_value());
  }
  CHECK_FALSE(parse_lock(text + "\n").has_value());
}
