#include "metrics/catalogue.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "metrics/api_server_metrics.h"
#include "metrics/exposition.h"
#include "metrics/file_metrics.h"
#include "metrics/watch_metrics.h"
#include "metrics/workload_series.h"
#include "tests/unit/metrics/exposition_text.h"

namespace ebbgate::metrics {

namespace {

using test::Family;

const Instant kNow{BootTime(std::chrono::seconds(1000)),
                   WallTime(std::chrono::seconds(1'700'000'000))};

struct Scraped {
  Catalogue catalogue{{"1.2.3", "abc"}, 11};
  WorkloadSeries series{10};
  std::vector<PeerStatus> peers{peer()};

  static PeerStatus peer() {
    PeerStatus status;
    status.name = "sidecar";
    return status;
  }
  std::map<std::string, Family> scrape() const {
    return test::parse_exposition(exposition(catalogue, series, peers, kNow));
  }
};

double value(const Family& family, const std::map<std::string, std::string>& labels = {}) {
  for (const auto& sample : family.samples) {
    if (sample.labels == labels) return sample.value;
  }
  FAIL("no such series");
  return 0;
}

std::set<std::string> label_values(const Family& family, const std::string& label) {
  std::set<std::string> values;
  for (const auto& sample : family.samples) values.insert(sample.labels.at(label));
  return values;
}

struct Documented {
  std::string type;
  std::set<std::string> labels;
};

// The rows of the tables in docs/metrics.md: | `name` | type | `label`, … | meaning |
std::map<std::string, Documented> documented() {
  std::ifstream file(EBBGATE_SOURCE_DIR "/docs/metrics.md");
  REQUIRE(file.good());
  const std::regex row(R"(\| `([a-z_]+)` \| ([a-z]+) \| ([^|]*)\|.*\|)");
  const std::regex word("`([a-z_]+)`");
  std::map<std::string, Documented> found;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    Documented entry{match[2], {}};
    const std::string labels = match[3];
    for (std::sregex_iterator at(labels.begin(), labels.end(), word), end; at != end; ++at) {
      entry.labels.insert((*at)[1]);
    }
    CHECK_MESSAGE(found.emplace(match[1], entry).second, match[1].str(), " is documented twice");
  }
  return found;
}

}  // namespace

TEST_CASE("every metric is there at 0 before anything has happened") {
  Scraped scraped;
  for (const auto& scraped_family : scraped.scrape()) {
    const std::string& name = scraped_family.first;
    const auto& family = scraped_family.second;
    if (name.starts_with("process_") || name == "ebbgate_build_info") continue;
    if (name.starts_with("ebbgate_workload_backoff") || name.starts_with("ebbgate_workload_next") ||
        name.starts_with("ebbgate_workload_at") || name.starts_with("ebbgate_workload_fail") ||
        name.starts_with("ebbgate_peer_next")) {
      CHECK(family.samples.empty());
      continue;
    }
    CAPTURE(name);
    CHECK_FALSE(family.samples.empty());
    for (const auto& sample : family.samples) CHECK(sample.value == 0);
  }
}

TEST_CASE("every label value is there before it is used, and settle never suppresses") {
  const auto families = Scraped().scrape();
  const std::set<std::string> gates(kGateLabels.begin(), kGateLabels.end());
  CHECK(label_values(families.at("ebbgate_updates_pending"), "gate") == gates);
  std::set<std::string> suppressing = gates;
  suppressing.erase("settle");
  CHECK(label_values(families.at("ebbgate_updates_suppressed_total"), "gate") == suppressing);
  CHECK(label_values(families.at("ebbgate_updates_total"), "outcome") ==
        std::set<std::string>{"applied", "refused", "unknown"});
  CHECK(label_values(families.at("ebbgate_store_recoveries_total"), "reason") ==
        std::set<std::string>{"missing", "empty", "corrupt", "wal", "lock", "marked", "restored"});
  CHECK(families.at("ebbgate_workloads").samples.size() == 12);
}

TEST_CASE("counters end in _total, and nothing else does") {
  for (const auto& scraped_family : Scraped().scrape()) {
    const std::string& name = scraped_family.first;
    const auto& family = scraped_family.second;
    CAPTURE(name);
    CHECK(name.ends_with("_total") == (family.type == "counter"));
  }
}

TEST_CASE("what is set through the handles is what a scrape shows") {
  Scraped scraped;
  Catalogue& catalogue = scraped.catalogue;
  catalogue.changes.Increment(3);
  catalogue.suppressed("backoff").Increment();
  catalogue.updates("refused").Increment(2);
  catalogue.pending("hold").Set(4);
  catalogue.store_recoveries("wal").Increment();
  catalogue.update_delay.Observe(3);
  catalogue.budget_tokens.Set(std::numeric_limits<double>::infinity());
  const auto families = scraped.scrape();
  CHECK(value(families.at("ebbgate_changes_total")) == 3);
  CHECK(value(families.at("ebbgate_updates_suppressed_total"), {{"gate", "backoff"}}) == 1);
  CHECK(value(families.at("ebbgate_updates_total"), {{"outcome", "refused"}}) == 2);
  CHECK(value(families.at("ebbgate_updates_pending"), {{"gate", "hold"}}) == 4);
  CHECK(value(families.at("ebbgate_store_recoveries_total"), {{"reason", "wal"}}) == 1);
  CHECK(value(families.at("ebbgate_build_info"), {{"version", "1.2.3"}, {"revision", "abc"}}) == 1);
  CHECK(std::isinf(value(families.at("ebbgate_budget_tokens"))));
}

TEST_CASE("levels beyond the global policy's highest appear once a workload has them") {
  Scraped scraped;
  scraped.catalogue.set_workloads(14, 2);
  scraped.catalogue.set_workloads(0, 5);
  const Family family = scraped.scrape().at("ebbgate_workloads");
  CHECK(family.samples.size() == 15);
  CHECK(value(family, {{"level", "14"}}) == 2);
  CHECK(value(family, {{"level", "0"}}) == 5);
}

TEST_CASE("the oldest pending update's timestamp is absent while nothing waits") {
  const std::string name = "ebbgate_updates_pending_oldest_timestamp_seconds";
  Scraped scraped;
  CHECK_FALSE(scraped.scrape().contains(name));
  scraped.catalogue.set_pending_oldest(kNow.wall + std::chrono::milliseconds(1250));
  CHECK(value(scraped.scrape().at(name)) == doctest::Approx(1'700'000'001.25).epsilon(1e-12));
  scraped.catalogue.set_pending_oldest(kNow.wall);
  CHECK(value(scraped.scrape().at(name)) == 1'700'000'000);
  scraped.catalogue.set_pending_oldest(std::nullopt);
  CHECK_FALSE(scraped.scrape().contains(name));
}

TEST_CASE("the process's metrics are read at the scrape") {
  const auto families = Scraped().scrape();
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double start = value(families.at("process_start_time_seconds"));
  CHECK(start <= now + 1);
  CHECK(start > now - 86400);
  CHECK(value(families.at("process_open_fds")) >= 3);
  CHECK(value(families.at("process_max_fds")) >= value(families.at("process_open_fds")));
  CHECK(value(families.at("process_resident_memory_bytes")) > 1e6);
  CHECK(value(families.at("process_virtual_memory_bytes")) >=
        value(families.at("process_resident_memory_bytes")));
  CHECK(value(families.at("process_cpu_seconds_total")) > 0);
}

TEST_CASE("docs/metrics.md lists every metric as it is, and no other") {
  Scraped scraped;
  scraped.catalogue.set_pending_oldest(kNow.wall);
  scraped.series.update({"default", "Local", "web"}, 1, kNow.boot, Climb::ended, Health::failing,
                        "command_exit");
  scraped.peers[0].next_attempt = kNow.boot;
  WatchMetrics watches(scraped.catalogue, kWatchedResourceLabels, kWatchRestartLabels);
  watches.heard("secrets", kNow.wall);
  const FileMetrics files(scraped.catalogue);
  ApiServerMetrics requests(scraped.catalogue);
  requests.requested("get", "secrets", 200, {});
  auto left = documented();
  for (const auto& scraped_family : scraped.scrape()) {
    const std::string& name = scraped_family.first;
    const auto& family = scraped_family.second;
    CAPTURE(name);
    const auto entry = left.find(name);
    if (entry == left.end()) {
      FAIL_CHECK("not documented");
      continue;
    }
    CHECK(entry->second.type == family.type);
    std::set<std::string> labels;
    for (const auto& sample : family.samples) {
      for (const auto& [label, text] : sample.labels) {
        if (label != "le") labels.insert(label);
      }
    }
    CHECK(entry->second.labels == labels);
    left.erase(entry);
  }
  for (const auto& [name, entry] : left) FAIL_CHECK(name << " is documented and does not exist");
}

}  // namespace ebbgate::metrics
