#include "controller/commands/show.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/commands/running.h"

namespace ebbgate::commands {

namespace {

using namespace std::chrono_literals;
using test::FixedClock;
using test::holds;
using test::tells;

struct FakeView final : View {
  std::string error;
  int exit_code = kFailed;
  int looks = 0;
  std::vector<std::string> rows{"row"};
  mutable std::vector<WallTime> asked;
  std::string seen;

  Answer look() override {
    ++looks;
    if (!error.empty()) return {0, "", error, exit_code};
    seen = "look " + std::to_string(looks);
    return {200, "", "", kFine};
  }
  std::string as_json() const override { return "{\"seen\":\"" + seen + "\"}"; }
  Page page(WallTime now, const Display&) const override {
    asked.push_back(now);
    Page page;
    page.head = {{{seen, Tone::bad}}};
    for (const std::string& row : rows) page.rows.push_back({{{row}}});
    return page;
  }
};

/// A watch whose waits run one script after the other, and that ends with them.
struct Watch {
  FakeView view;
  FixedClock clock;
  std::ostringstream out;
  std::ostringstream err;
  Display display;
  bool json = false;
  std::string place;

  static Display terminal() {
    return terminal_display({20, 6}, [](const char* name) {
      return std::string_view(name) == "TERM" ? "xterm" : nullptr;
    });
  }

  int run(std::vector<std::function<void()>> steps) {
    ShowOptions options;
    options.json = json;
    options.watch = true;
    options.place = place;
    options.display = [this] { return display; };
    std::size_t step = 0;
    options.wait = [&] {
      clock.wall += 1s;
      if (step == steps.size()) return false;
      steps[step++]();
      return true;
    };
    return show(view, options, "ebbgate thing", clock, out, err);
  }
};

const std::string kHome = "\x1b[?25l\x1b[H";
const std::string kEnd = "\x1b[J\x1b[?25h";

}  // namespace

TEST_CASE("a watch on a pipe prints plain blocks with an empty line between them") {
  Watch watch;
  CHECK(watch.run({[] {}, [] {}}) == 0);
  CHECK(watch.out.str() == "look 1\nrow\n\nlook 2\nrow\n\nlook 3\nrow\n");
  CHECK(watch.err.str().empty());
}

TEST_CASE("a watch says what it looks at and when it looked, for people only") {
  Watch watch;
  watch.place = "http://127.0.0.1:9911";
  CHECK(watch.run({[] {}}) == 0);
  CHECK(watch.out.str() ==
        "http://127.0.0.1:9911  2026-12-24T18:00:00Z\nlook 1\nrow\n\n"
        "http://127.0.0.1:9911  2026-12-24T18:00:01Z\nlook 2\nrow\n");
  watch.json = true;
  watch.out.str("");
  CHECK(watch.run({}) == 0);
  CHECK_FALSE(holds(watch.out.str(), "http"));
  CHECK(without_password("https://ann:secret@host:1/x") == "https://host:1/x");
  CHECK(without_password("http://host:1/a@b") == "http://host:1/a@b");
}

TEST_CASE("a watch on a terminal repaints in place, without clearing first") {
  Watch watch;
  watch.display = Watch::terminal();
  CHECK(watch.run({[] {}}) == 0);
  CHECK(watch.out.str() == "\n\n\n\n\n\n" + kHome + "\x1b[31mlook 1\x1b[0m\x1b[K\nrow\x1b[K\n" +
                               kEnd + kHome + "\x1b[31mlook 2\x1b[0m\x1b[K\nrow\x1b[K\n" + kEnd);
}

TEST_CASE("a repainted page fits its window, and follows it") {
  Watch watch;
  watch.display = Watch::terminal();
  watch.view.rows = {"a", "exactly twenty wide.", "a row that is much too wide", "d", "e", "f"};
  watch.run({[&] { watch.display.height = 20; }, [&] { watch.display.width = 40; }});
  const std::string printed = watch.out.str();
  const std::string first = printed.substr(0, printed.find(kEnd));
  CHECK(holds(first, "a\x1b[K\nexactly twenty wide.\na row that is much …\n\x1b[2m… 3 more"));
  const std::string last = printed.substr(printed.rfind(kHome));
  CHECK(holds(last, "a row that is much too wide\x1b[K\nd\x1b[K\ne\x1b[K\nf\x1b[K\n"));
}

TEST_CASE("without colour a terminal is repainted without, and a dumb one is not repainted") {
  Watch plain;
  plain.display = Watch::terminal();
  plain.display.colour = false;
  plain.run({});
  CHECK(holds(plain.out.str(), kHome + "look 1\x1b[K\n"));
  Watch dumb;
  dumb.display = terminal_display({20, 6}, [](const char*) { return "dumb"; });
  dumb.run({[] {}});
  CHECK(dumb.out.str() == "look 1\nrow\n\nlook 2\nrow\n");
}

TEST_CASE("what was seen last stays while nothing answers, and it is said since when it is old") {
  Watch watch;
  watch.display = Watch::terminal();
  watch.display.width = 60;
  watch.display.height = 20;
  watch.run({[&] { watch.view.error = "no answer\x1b from there"; }, [] {},
             [&] { watch.view.error.clear(); }});
  CHECK(watch.err.str().empty());
  const std::string printed = watch.out.str();
  const std::size_t second = printed.find(kHome, printed.find(kEnd));
  const std::size_t third = printed.find(kHome, second + 1);
  const std::size_t fourth = printed.find(kHome, third + 1);
  const std::string stale = printed.substr(third, fourth - third);
  CHECK(tells(stale, "what follows is of 2026-12-24T18:00:00.000Z, 2s ago:"));
  CHECK(holds(stale, "answer?"));
  CHECK(holds(stale, "look 1"));
  CHECK_FALSE(holds(printed.substr(fourth), "OLD"));
  CHECK(holds(printed.substr(fourth), "look 4"));
  // Times from now do not run on in what is old.
  CHECK(watch.view.asked[2] == watch.view.asked[0]);
  CHECK(watch.view.asked[3] == watch.view.asked[0] + 3s);
}

TEST_CASE("on a pipe an outage is told once, and its end") {
  Watch watch;
  watch.run({[&] { watch.view.error = "no answer"; }, [] {}, [] {},
             [&] { watch.view.error.clear(); }, [] {}, [&] { watch.view.error = "again"; }});
  CHECK(watch.err.str() ==
        "ebbgate thing: no answer; trying on\n"
        "ebbgate thing: it answers again, after 3s\n"
        "ebbgate thing: again; trying on\n");
  CHECK(watch.out.str() == "look 1\nrow\n\nlook 5\nrow\n\nlook 6\nrow\n");
}

TEST_CASE("a watch in JSON is one line for each look, on a terminal, too") {
  Watch watch;
  watch.json = true;
  watch.display = Watch::terminal();
  watch.run({[] {}, [&] { watch.view.error = "no answer"; }, [&] { watch.view.error.clear(); }});
  CHECK(watch.out.str() == "{\"seen\":\"look 1\"}\n{\"seen\":\"look 2\"}\n{\"seen\":\"look 4\"}\n");
  CHECK(holds(watch.err.str(), "no answer; trying on"));
}

TEST_CASE("only a first look that fails ends a watch, with its code") {
  Watch watch;
  watch.view.error = "wrong\n";
  watch.view.exit_code = kWrongUsage;
  CHECK(watch.run({[] {}}) == 2);
  CHECK(watch.view.looks == 1);
  CHECK(watch.out.str().empty());
  CHECK(watch.err.str() == "ebbgate thing: wrong?\n");
}

TEST_CASE("once is once: coloured as the terminal is, never cut to its height") {
  FakeView view;
  view.rows.assign(50, "row");
  FixedClock clock;
  std::ostringstream out;
  std::ostringstream err;
  ShowOptions options;
  options.display = Watch::terminal;
  CHECK(show(view, options, "ebbgate thing", clock, out, err) == 0);
  const std::string printed = out.str();
  CHECK(printed.starts_with("\x1b[31mlook 1\x1b[0m\nrow\n"));
  CHECK(std::count(printed.begin(), printed.end(), '\n') == 51);
}

}  // namespace ebbgate::commands
