#include "controller/commands/page.h"

#include <doctest/doctest.h>

using namespace ebbgate::commands;

namespace {

Page page_of(int rows, int foot = 1) {
  Page page;
  page.head = {{{"head"}}};
  for (int row = 1; row <= rows; ++row) page.rows.push_back({{{"row " + std::to_string(row)}}});
  for (int line = 1; line <= foot; ++line) page.foot.push_back({{"foot " + std::to_string(line)}});
  return page;
}

std::string text_of(const Page& page, std::size_t height) {
  std::string text;
  for (const Line& line : fitted(page, height)) text += rendered(line, false) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a page that fits is whole") {
  CHECK(text_of(page_of(2), 4) == "head\nrow 1\nrow 2\nfoot 1\n");
  CHECK(text_of(page_of(2), kAnyWidth) == "head\nrow 1\nrow 2\nfoot 1\n");
}

TEST_CASE("rows are cut where a window is not high enough, and it is said how many") {
  CHECK(text_of(page_of(9), 5) == "head\nrow 1\nrow 2\n… 7 more\nfoot 1\n");
  Page tall = page_of(3);
  tall.rows[1].push_back({{"goes on"}});
  CHECK(text_of(tall, 5) == "head\nrow 1\n… 2 more\nfoot 1\n");
}

TEST_CASE("rows keep half of a window, whatever stands below") {
  CHECK(text_of(page_of(9, 20), 8) ==
        "head\nrow 1\nrow 2\nrow 3\nrow 4\n… 5 more\nfoot 1\n… 19 more lines\n");
}

TEST_CASE("no page is higher than its window") {
  for (int rows = 0; rows < 8; ++rows) {
    for (std::size_t height = 2; height < 12; ++height) {
      for (const int foot : {0, 1, 5}) CHECK(fitted(page_of(rows, foot), height).size() <= height);
    }
  }
}
