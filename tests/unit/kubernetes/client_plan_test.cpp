#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "controller/kubernetes/collection_url.h"
#include "controller/kubernetes/failure_log.h"
#include "controller/kubernetes/line_buffer.h"
#include "controller/kubernetes/reflector_plan.h"

namespace ebbgate::kubernetes::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr bool kList = false;
constexpr bool kWatch = true;

struct Planner {
  ReflectorPlan plan{ReflectorOptions()};
  ReflectorPlan::Next after(ReadingEnd end, bool watching, Duration lasted = minutes(5),
                            std::optional<Duration> retry_after = std::nullopt) {
    return plan.after(end, watching, lasted, retry_after, 0.0);
  }
};

TEST_CASE("A whole list is followed by a watch, and a watch by the next one, at once") {
  Planner planner;
  auto next = planner.after(ReadingEnd::whole, kList, milliseconds(5));
  CHECK_FALSE(next.list);
  CHECK(next.wait == Duration::zero());
  CHECK(next.restarted == "");
  next = planner.after(ReadingEnd::whole, kWatch);
  CHECK_FALSE(next.list);
  CHECK(next.wait == Duration::zero());
  CHECK(next.restarted == "");
}

TEST_CASE("Watches that a server ends at once make no loop without a pause") {
  Planner planner;
  CHECK(planner.after(ReadingEnd::whole, kWatch, milliseconds(1)).wait == milliseconds(500));
  CHECK(planner.after(ReadingEnd::whole, kWatch, milliseconds(1)).wait == milliseconds(1000));
  CHECK(planner.after(ReadingEnd::whole, kWatch, seconds(10)).wait == Duration::zero());
}

TEST_CASE("What is expired is listed at once, and with growing waits where that does not help") {
  Planner planner;
  auto next = planner.after(ReadingEnd::expired, kWatch);
  CHECK(next.list);
  CHECK(next.wait == Duration::zero());
  CHECK(next.restarted == "expired");
  planner.after(ReadingEnd::whole, kList);
  next = planner.after(ReadingEnd::expired, kWatch, milliseconds(1));
  CHECK(next.wait == milliseconds(1000));
  CHECK(planner.after(ReadingEnd::expired, kList).wait == milliseconds(2000));
  CHECK(planner.after(ReadingEnd::expired, kWatch, minutes(1)).wait == Duration::zero());
}

TEST_CASE("A watch that broke or fell silent goes on where it was") {
  Planner planner;
  auto next = planner.after(ReadingEnd::broken, kWatch);
  CHECK_FALSE(next.list);
  CHECK(next.wait == milliseconds(500));
  CHECK(next.restarted == "broken");
  next = planner.after(ReadingEnd::silent, kWatch);
  CHECK_FALSE(next.list);
  CHECK(next.wait == Duration::zero());
  CHECK(next.restarted == "silent");
}

TEST_CASE("A list that broke begins anew after growing waits, and Retry-After counts") {
  Planner planner;
  std::vector<Duration> waits;
  for (int i = 0; i < 8; ++i) {
    const auto next = planner.after(ReadingEnd::broken, kList);
    CHECK(next.list);
    CHECK(next.restarted == "");
    waits.push_back(next.wait);
  }
  CHECK(waits.front() == milliseconds(500));
  CHECK(waits[3] == seconds(4));
  CHECK(waits.back() == seconds(15));
  CHECK(planner.after(ReadingEnd::broken, kList, seconds(1), seconds(70)).wait == seconds(70));
}

TEST_CASE("Success of the list alone does not forget that watches fail") {
  Planner planner;
  for (int i = 0; i < 5; ++i) {
    planner.after(ReadingEnd::whole, kList);
    planner.after(ReadingEnd::misunderstood, kWatch, milliseconds(1));
  }
  const auto next = planner.after(ReadingEnd::misunderstood, kWatch, milliseconds(1));
  CHECK(next.list);
  CHECK(next.wait == seconds(15));
}

TEST_CASE("What is forbidden is tried again with long pauses, when it lasts") {
  Planner planner;
  for (int i = 0; i < 4; ++i) {
    const auto next = planner.after(ReadingEnd::forbidden, kWatch, milliseconds(1));
    CHECK(next.in_doubt);
    CHECK_FALSE(next.list);
    CHECK(next.wait < seconds(9));
  }
  CHECK_FALSE(planner.after(ReadingEnd::forbidden, kList).in_doubt);
  CHECK(planner.after(ReadingEnd::forbidden, kList).wait == seconds(30));
  CHECK(planner.after(ReadingEnd::forbidden, kList).wait == seconds(30));
  CHECK(planner.after(ReadingEnd::forbidden, kWatch, milliseconds(1)).wait == seconds(30));
  CHECK(planner.after(ReadingEnd::forbidden, kWatch, milliseconds(1)).wait == seconds(60));
  for (int i = 0; i < 10; ++i) planner.after(ReadingEnd::forbidden, kWatch, milliseconds(1));
  const auto next = planner.after(ReadingEnd::forbidden, kWatch, milliseconds(1));
  CHECK(next.wait == seconds(300));
  CHECK(next.list);
  CHECK(next.restarted == "forbidden");
}

TEST_CASE("Lines come whole, however they are cut") {
  const std::string text = "one\n\ntwo\nthree\n";
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += cut) {
      CHECK(buffer.add(std::string_view(text).substr(at, cut), [&](std::string& line) {
        lines.push_back(line);
        line += " was changed";
        return true;
      }));
    }
    CHECK(lines == std::vector<std::string>{"one", "two", "three"});
  }
}

TEST_CASE("A line that ends it is the last") {
  LineBuffer buffer;
  int lines = 0;
  CHECK_FALSE(buffer.add("one\ntwo\n", [&](std::string&) { return ++lines < 1; }));
  CHECK(lines == 1);
}

TEST_CASE("A long line does not keep its memory") {
  LineBuffer buffer;
  const std::string longest(3'000'000, 'x');
  buffer.add(longest, [](std::string&) { return true; });
  CHECK(buffer.capacity() >= longest.size());
  buffer.add("\n", [](std::string&) { return true; });
  CHECK(buffer.capacity() < LineBuffer::kKept);
}

TEST_CASE("A failure that repeats is told at once, then once a minute, then that it is over") {
  std::vector<std::string> lines;
  FailureLog log(
      "pods", [&](const std::string& line) { lines.push_back("warn " + line); },
      [&](const std::string& line) { lines.push_back("info " + line); });
  const BootTime begin{std::chrono::hours(1)};
  log.worked(begin);
  for (int i = 0; i < 90; ++i) log.failed("refused", begin + seconds(i));
  log.worked(begin + seconds(90));
  log.worked(begin + seconds(91));
  CHECK(lines == std::vector<std::string>{
                     "warn pods: refused",
                     "warn pods: refused (and 59 failures before that, not told one by one)",
                     "info pods: works again after 90 failures in 1m30s"});
}

TEST_CASE("What comes and goes within a minute is told once") {
  std::vector<std::string> lines;
  FailureLog log(
      "pods", [&](const std::string& line) { lines.push_back(line); },
      [&](const std::string& line) { lines.push_back(line); });
  const BootTime begin{std::chrono::hours(1)};
  for (int i = 0; i < 20; ++i) {
    log.failed("refused", begin + seconds(2 * i));
    log.worked(begin + seconds(2 * i + 1));
  }
  CHECK(lines.size() == 2);
}

TEST_CASE("Paths of lists and watches are escaped, and never ask for just any version") {
  CHECK(list_url("/api/v1/secrets", "type!=a/b", 500, "") ==
        "/api/v1/secrets?limit=500&fieldSelector=type%21%3Da%2Fb");
  CHECK(list_url("/api/v1/secrets", "", 10, "a+/=") ==
        "/api/v1/secrets?limit=10&continue=a%2B%2F%3D");
  CHECK(watch_url("/api/v1/secrets", "", "17", seconds(300)) ==
        "/api/v1/secrets?watch=1&allowWatchBookmarks=true&resourceVersion=17&timeoutSeconds=300");
}

}  // namespace
TEST_CASE("A line that does not end is given up") {
  LineBuffer buffer;
  const std::string piece(1024 * 1024, 'x');
  std::size_t taken = 0;
  while (buffer.add(piece, [](std::string&) { return true; })) taken += piece.size();
  CHECK(taken == LineBuffer::kMost);
  CHECK(buffer.too_long());
  buffer.clear();
  CHECK(buffer.add("short\n", [](std::string& line) { return line == "short"; }));
  CHECK_FALSE(buffer.too_long());
}

}  // namespace ebbgate::kubernetes::testing
