#include "metrics/workload_series.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "metrics/series_text.h"
#include "tests/unit/metrics/exposition_text.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;

const Instant kNow{BootTime(1000s), WallTime(1'700'000'000s)};
constexpr const char* kLevel = "ebbgate_workload_backoff_level";
constexpr const char* kNext = "ebbgate_workload_next_update_timestamp_seconds";
constexpr const char* kHighest = "ebbgate_workload_at_highest_level";
constexpr const char* kOmitted = "ebbgate_workload_series_omitted";

WorkloadKey key(const std::string& name) {
  return {"default", "Local", name};
}

std::map<std::string, test::Family> written(const WorkloadSeries& series, Instant now = kNow) {
  std::string text;
  series.write(text, now);
  return test::parse_exposition(text);
}

std::vector<std::string> names(const test::Family& family) {
  std::vector<std::string> found;
  for (const auto& sample : family.samples) found.push_back(sample.labels.at("workload"));
  std::sort(found.begin(), found.end());  // they come in no order
  return found;
}

}  // namespace

TEST_CASE("a workload that fails is told while it does, and left out last") {
  WorkloadSeries series(1);
  series.update(key("high"), 7, std::nullopt, Climb::ended);
  series.update(key("broken"), 1, std::nullopt, Climb::possible, Health::failing);
  auto families = written(series);
  CHECK(names(families.at("ebbgate_workload_failing")) == std::vector<std::string>{"broken"});
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"broken"});
  series.update(key("broken"), 1, std::nullopt);
  families = written(series);
  CHECK(families.at("ebbgate_workload_failing").samples.empty());
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"high"});
}

TEST_CASE("why a workload fails is told while it is known") {
  WorkloadSeries series(10);
  series.update(key("we\"b"), 1, std::nullopt, Climb::possible, Health::failing, "command_exit");
  series.update(key("mute"), 1, std::nullopt, Climb::possible, Health::failing);
  auto families = written(series);
  const auto& samples = families.at("ebbgate_workload_failure_cause").samples;
  REQUIRE(samples.size() == 1);
  CHECK(samples[0].value == 1);
  CHECK(samples[0].labels == std::map<std::string, std::string>{{"namespace", "default"},
                                                                {"kind", "Local"},
                                                                {"workload", "we\"b"},
                                                                {"cause", "command_exit"}});
  series.update(key("we\"b"), 1, std::nullopt);
  families = written(series);
  CHECK(families.at("ebbgate_workload_failure_cause").samples.empty());
}

TEST_CASE("a workload has series from its first update until it is erased") {
  WorkloadSeries series(10);
  CHECK(written(series).at(kLevel).samples.empty());
  series.update(key("web"), 3, kNow.boot + 8s);
  auto families = written(series);
  REQUIRE(families.at(kLevel).samples.size() == 1);
  const auto& sample = families.at(kLevel).samples.front();
  CHECK(sample.value == 3);
  CHECK(sample.labels == std::map<std::string, std::string>{
                             {"namespace", "default"}, {"kind", "Local"}, {"workload", "web"}});
  series.erase(key("web"));
  series.erase(key("never there"));
  families = written(series);
  CHECK(families.at(kLevel).samples.empty());
  CHECK(families.at(kNext).samples.empty());
  CHECK(families.at(kOmitted).samples.front().value == 0);
}

TEST_CASE("the next update's wall time is worked out at the scrape and absent where not known") {
  WorkloadSeries series(10);
  series.update(key("a"), 1, kNow.boot + 1500ms);
  series.update(key("b"), 1, std::nullopt);
  series.update(key("c"), 1, kNow.boot - 2s);
  auto next = written(series).at(kNext);
  CHECK(names(next) == std::vector<std::string>{"a", "c"});
  CHECK(next.samples[0].value == doctest::Approx(1'700'000'001.5).epsilon(1e-12));
  CHECK(next.samples[1].value == 1'699'999'998);
  // The wall clock was set back an hour; the wait is as long as before.
  next = written(series, {kNow.boot, kNow.wall - 1h}).at(kNext);
  CHECK(next.samples[0].value == doctest::Approx(1'699'996'401.5).epsilon(1e-12));
}

TEST_CASE("labels stay those of their workloads while others come and go") {
  WorkloadSeries series(1000);
  for (int round = 0; round < 5; ++round) {
    for (int index = 0; index < 100; ++index) {
      series.update(key("w" + std::to_string(index)), index % 50, std::nullopt);
    }
    for (int index = 0; index < 100; ++index) {
      if (index % 7 != round) series.erase(key("w" + std::to_string(index)));
    }
    const test::Family levels = written(series).at(kLevel);
    CHECK(levels.samples.size() == (round < 2 ? 15 : 14));
    for (const auto& sample : levels.samples) {
      const int index = std::stoi(sample.labels.at("workload").substr(1));
      CHECK(index % 7 == round);
      CHECK(sample.value == index % 50);
    }
  }
}

TEST_CASE("at most so many workloads are written, the highest levels first, then by key") {
  WorkloadSeries series(3);
  for (const char* name : {"e", "d", "c", "b", "a"}) series.update(key(name), 1, std::nullopt);
  auto families = written(series);
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"a", "b", "c"});
  CHECK(families.at(kOmitted).samples.front().value == 2);

  series.update(key("e"), 4, kNow.boot);
  series.update(key("d"), 2, std::nullopt);
  families = written(series);
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"a", "d", "e"});
  CHECK(names(families.at(kNext)) == std::vector<std::string>{"e"});

  series.update(key("e"), 0, std::nullopt);
  series.erase(key("a"));
  families = written(series);
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"b", "c", "d"});
  CHECK(families.at(kOmitted).samples.front().value == 1);

  series.set_max_workloads(10);
  families = written(series);
  CHECK(names(families.at(kLevel)) == std::vector<std::string>{"b", "c", "d", "e"});
  CHECK(families.at(kOmitted).samples.front().value == 0);
}

TEST_CASE("a workload at its highest level is told as long as it is there") {
  WorkloadSeries series(10);
  series.update(key("a"), 7, std::nullopt, Climb::ended);
  series.update(key("b"), 7, std::nullopt);  // its own policy lets it climb further
  auto highest = written(series).at(kHighest);
  CHECK(names(highest) == std::vector<std::string>{"a"});
  CHECK(highest.samples.front().value == 1);
  series.update(key("a"), 7, std::nullopt);
  series.update(key("b"), 8, std::nullopt, Climb::ended);
  CHECK(names(written(series).at(kHighest)) == std::vector<std::string>{"b"});
  series.erase(key("b"));
  CHECK(written(series).at(kHighest).samples.empty());
}

TEST_CASE("hostile names stay label values") {
  WorkloadSeries series(10);
  const std::string name = "a\"} 7\nebbgate_leader 9\\";
  series.update({"na\"me\\space", "Kind\n", name}, 1, kNow.boot, Climb::ended);
  const auto families = written(series);
  for (const char* family : {kLevel, kNext, kHighest}) {
    REQUIRE(families.at(family).samples.size() == 1);
    const auto& labels = families.at(family).samples.front().labels;
    CHECK(labels.at("namespace") == "na\"me\\space");
    CHECK(labels.at("kind") == "Kind\n");
    CHECK(labels.at("workload") == name);
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced, one by one, and UTF-8 is kept") {
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(escape_label_value("grün €🜁") == "grün €🜁");
  CHECK(escape_label_value("a\xFFz") == "a" + replaced + "z");
  CHECK(escape_label_value("\xC3") == replaced);                                // cut off
  CHECK(escape_label_value("\xC0\xAF") == replaced + replaced);                 // overlong
  CHECK(escape_label_value("\xED\xA0\x80") == replaced + replaced + replaced);  // a surrogate
  CHECK(escape_label_value("\xF4\x90\x80\x80") == replaced + replaced + replaced + replaced);
  CHECK(escape_label_value("\xE2\x82\"") == replaced + replaced + "\\\"");
}

TEST_CASE("scrapes are whole while the loop goes on updating") {
  WorkloadSeries series(50);
  std::atomic<bool> stop = false;
  std::thread loop([&] {
    for (int turn = 0; !stop; ++turn) {
      for (int index = 0; index < 100; ++index) {
        if ((turn + index) % 7 == 0) {
          series.erase(key(std::to_string(index)));
        } else {
          series.update(key(std::to_string(index)), (turn * index) % 11, kNow.boot);
        }
      }
    }
  });
  for (int scrape = 0; scrape < 100; ++scrape) {
    CHECK(written(series).at(kLevel).samples.size() <= 50);
  }
  stop = true;
  loop.join();
}

}  // namespace ebbgate::metrics
