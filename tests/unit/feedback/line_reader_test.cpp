#include "controller/feedback/line_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace ebbgate::feedback {
namespace {

// As much as there is room for.
std::size_t fill(LineReader& reader, std::string_view bytes) {
  const auto room = reader.room();
  const std::size_t count = std::min(room.size(), bytes.size());
  std::copy_n(bytes.begin(), count, room.begin());
  reader.filled(count);
  return count;
}

TEST_CASE("a line may come in pieces of any size, and several in one") {
  const std::string bytes = "one\n\nthree\nfour\nfive";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    LineReader reader(16);
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < bytes.size();) {
      begin += fill(reader, std::string_view(bytes).substr(begin, piece));
      while (const auto line = reader.next()) lines.emplace_back(*line);
    }
    CHECK(lines == std::vector<std::string>{"one", "", "three", "four"});
    CHECK_FALSE(reader.empty());
    reader.clear();
    CHECK(reader.empty());
  }
}

TEST_CASE("a line of the longest length is read, a longer one never ends") {
  LineReader reader(4);
  CHECK(fill(reader, "abcd\n") == 5);
  CHECK(reader.next() == "abcd");
  CHECK(reader.empty());
  CHECK(fill(reader, "abcde\n") == 5);
  CHECK_FALSE(reader.next());
  CHECK(reader.overlong());
}

TEST_CASE("a line that fills up later is not overlong") {
  LineReader reader(4);
  fill(reader, "a\nbc");
  CHECK(reader.next() == "a");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.overlong());
  fill(reader, "de\n");
  CHECK(reader.next() == "bcde");
}

}  // namespace
}  // namespace ebbgate::feedback
