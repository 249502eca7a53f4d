#include <array>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "metrics/api_server_metrics.h"
#include "metrics/exposition.h"
#include "metrics/file_metrics.h"
#include "metrics/watch_metrics.h"
#include "metrics/workload_series.h"
#include "tests/unit/metrics/exposition_text.h"

using namespace std::chrono_literals;

namespace ebbgate::metrics {

namespace {

using test::Family;
using Labels = std::map<std::string, std::string>;

const Instant kNow{BootTime(1000s), WallTime(1'700'000'000s)};

struct Scraped {
  Catalogue catalogue{{"1.2.3", "abc"}, 11};
  WorkloadSeries series{10};

  std::map<std::string, Family> scrape() const {
    return test::parse_exposition(exposition(catalogue, series, {}, kNow));
  }
};

// Nothing where there is no such series.
std::optional<double> value(const Family& family, const Labels& labels) {
  for (const auto& sample : family.samples) {
    if (sample.labels == labels) return sample.value;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("without a provider that watches or asks, there are no metrics of it") {
  for (const auto& [name, family] : Scraped().scrape()) {
    CHECK_FALSE(name.starts_with("ebbgate_watch_"));
    CHECK_FALSE(name.starts_with("ebbgate_api_"));
    CHECK_FALSE(name.starts_with("ebbgate_events_"));
  }
}

TEST_CASE(
    "restarts of every watched resource are there at 0, timestamps only once something came") {
  Scraped scraped;
  WatchMetrics watches(scraped.catalogue, kWatchedResourceLabels, kWatchRestartLabels);
  const std::string timestamp = "ebbgate_watch_last_event_timestamp_seconds";
  auto families = scraped.scrape();
  CHECK_FALSE(families.contains(timestamp));
  CHECK(families.at("ebbgate_watch_restarts_total").samples.size() ==
        kWatchedResourceLabels.size() * kWatchRestartLabels.size());
  for (const auto& sample : families.at("ebbgate_watch_restarts_total").samples) {
    CHECK(sample.value == 0);
  }

  watches.heard("secrets", kNow.wall + 500ms);
  watches.restarted("secrets", "expired");
  watches.restarted("secrets", "expired");
  families = scraped.scrape();
  CHECK(families.at(timestamp).samples.size() == 1);
  CHECK(value(families.at(timestamp), {{"resource", "secrets"}}) == 1'700'000'000.5);
  CHECK(value(families.at("ebbgate_watch_restarts_total"),
              {{"resource", "secrets"}, {"reason", "expired"}}) == 2);

  watches.heard("secrets", kNow.wall + 2s);
  CHECK(value(scraped.scrape().at(timestamp), {{"resource", "secrets"}}) == 1'700'000'002);
}

TEST_CASE("files are watched too") {
  Scraped scraped;
  constexpr std::array<std::string_view, 1> files{"files"};
  WatchMetrics watches(scraped.catalogue, files, kFileWatchRestartLabels);
  watches.heard("files", kNow.wall);
  watches.restarted("files", "overflow", 3);
  const auto families = scraped.scrape();
  CHECK(families.at("ebbgate_watch_restarts_total").samples.size() == 1);
  CHECK(value(families.at("ebbgate_watch_restarts_total"),
              {{"resource", "files"}, {"reason", "overflow"}}) == 3);
}

TEST_CASE("reads of files that are overdue are there at 0, and told") {
  Scraped scraped;
  FileMetrics files(scraped.catalogue);
  CHECK(value(scraped.scrape().at("ebbgate_watch_reads_overdue"), {}) == 0);
  files.set_overdue_reads(2);
  CHECK(value(scraped.scrape().at("ebbgate_watch_reads_overdue"), {}) == 2);
}

TEST_CASE("requests are counted by verb, resource and code, and timed by verb") {
  Scraped scraped;
  ApiServerMetrics requests(scraped.catalogue);
  requests.requested("patch", "deployments", 200, 30ms);
  requests.requested("patch", "deployments", 200, 40ms);
  requests.requested("patch", "deployments", 422, 50ms);
  requests.requested("list", "secrets", 0, 10s);
  const auto families = scraped.scrape();
  const Family& counted = families.at("ebbgate_api_requests_total");
  CHECK(counted.samples.size() == 3);
  CHECK(value(counted, {{"verb", "patch"}, {"resource", "deployments"}, {"code", "200"}}) == 2);
  CHECK(value(counted, {{"verb", "patch"}, {"resource", "deployments"}, {"code", "422"}}) == 1);
  CHECK(value(counted, {{"verb", "list"}, {"resource", "secrets"}, {"code", "none"}}) == 1);
  const Family& timed = families.at("ebbgate_api_request_duration_seconds");
  CHECK(value(timed, {{"verb", "patch"}, {"le", "0.025"}}) == 0);
  CHECK(value(timed, {{"verb", "patch"}, {"le", "0.05"}}) == 3);
  for (const std::string_view verb : kVerbLabels) {
    CHECK(value(timed, {{"verb", std::string(verb)}, {"le", "+Inf"}}).has_value());
  }
  CHECK(value(families.at("ebbgate_events_dropped_total"), {}) == 0);
}

TEST_CASE("what has no label of its own makes one further series at most") {
  Scraped scraped;
  WatchMetrics watches(scraped.catalogue, kWatchedResourceLabels, kWatchRestartLabels);
  ApiServerMetrics requests(scraped.catalogue);
  const std::size_t before = scraped.scrape().at("ebbgate_watch_restarts_total").samples.size();
  for (int i = 0; i < 10; ++i) {
    const std::string name = "thing" + std::to_string(i);
    watches.heard(name, kNow.wall);
    watches.restarted(name, name);
    requests.requested(name, name, 200, 1ms);
  }
  const auto families = scraped.scrape();
  CHECK(families.at("ebbgate_watch_restarts_total").samples.size() == before + 1);
  CHECK(value(families.at("ebbgate_watch_restarts_total"),
              {{"resource", "other"}, {"reason", "other"}}) == 10);
  CHECK(families.at("ebbgate_watch_last_event_timestamp_seconds").samples.size() == 1);
  CHECK(value(families.at("ebbgate_api_requests_total"),
              {{"verb", "other"}, {"resource", "other"}, {"code", "200"}}) == 10);
}

TEST_CASE("threads may count at once while others scrape") {
  Scraped scraped;
  WatchMetrics watches(scraped.catalogue, kWatchedResourceLabels, kWatchRestartLabels);
  ApiServerMetrics requests(scraped.catalogue);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        watches.heard("secrets", kNow.wall);
        watches.restarted("secrets", "broken");
        requests.requested("get", "leases", 200 + i % 3, 1ms);
      }
    });
  }
  for (int i = 0; i < 20; ++i) scraped.scrape();
  for (std::thread& thread : threads) thread.join();
  double sum = 0;
  const auto families = scraped.scrape();
  for (const auto& sample : families.at("ebbgate_api_requests_total").samples) sum += sample.value;
  CHECK(sum == 800);
  CHECK(value(families.at("ebbgate_watch_restarts_total"),
              {{"resource", "secrets"}, {"reason", "broken"}}) == 800);
}

}  // namespace ebbgate::metrics
