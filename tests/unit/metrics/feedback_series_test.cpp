#include "metrics/feedback_series.h"

#include <doctest/doctest.h>

#include "tests/unit/metrics/exposition_text.h"

namespace ebbgate::metrics {

namespace {

using namespace std::chrono_literals;
using Labels = std::map<std::string, std::string>;
using Families = std::map<std::string, test::Family>;

const Instant kScrape{BootTime(1000s), WallTime(1'700'000'000s)};

Families scraped(const std::vector<PeerStatus>& peers, const Instant& now = kScrape) {
  std::string text;
  write_feedback_series(text, peers, now);
  return test::parse_exposition(text);
}

std::optional<double> sample(const Families& families, const std::string& name,
                             const Labels& labels) {
  for (const auto& found : families.at(name).samples) {
    if (found.labels == labels) return found.value;
  }
  return std::nullopt;
}

PeerStatus named(const std::string& name) {
  PeerStatus peer;
  peer.name = name;
  return peer;
}

}  // namespace

TEST_CASE("a peer has every series from the start, at 0 and with every label value") {
  const Families families = scraped({named("sidecar")});
  const std::map<std::string, std::size_t> expected{
      {"ebbgate_reconnect_attempts_total", 4},
      {"ebbgate_reconnect_backoff_level", 1},
      {"ebbgate_peer_up", 1},
      {"ebbgate_peer_next_attempt_timestamp_seconds", 0},
      {"ebbgate_feedback_accepted_total", 1},
      {"ebbgate_feedback_messages_total", 3},
      {"ebbgate_feedback_queue_length", 1},
      {"ebbgate_feedback_in_flight", 1},
      {"ebbgate_feedback_disconnects_total", 8}};
  CHECK(families.size() == expected.size());
  for (const auto& [name, count] : expected) {
    REQUIRE(families.contains(name));
    CHECK(families.at(name).samples.size() == count);
    CHECK(families.at(name).type == (name.ends_with("_total") ? "counter" : "gauge"));
    for (const auto& found : families.at(name).samples) {
      CHECK(found.value == 0);
      CHECK(found.labels.at("peer") == "sidecar");
    }
  }
  for (const std::string_view outcome : kReconnectOutcomeLabels) {
    CHECK(sample(families, "ebbgate_reconnect_attempts_total",
                 {{"peer", "sidecar"}, {"outcome", std::string(outcome)}}) == 0);
  }
  for (const std::string_view reason : kDisconnectLabels) {
    CHECK(sample(families, "ebbgate_feedback_disconnects_total",
                 {{"peer", "sidecar"}, {"reason", std::string(reason)}}) == 0);
  }
}

TEST_CASE("without peers the families are empty") {
  for (const auto& [name, family] : scraped({})) CHECK(family.samples.empty());
}

TEST_CASE("a peer's numbers stand beside their own labels, also where there are several peers") {
  PeerStatus busy = named("busy");
  busy.up = true;
  busy.level = 7;
  busy.accepted = 115;
  busy.delivered = 50;
  busy.rejected = 40;
  busy.dropped = 20;
  busy.queued = 4;
  busy.in_flight = 1;
  busy.attempts = {1, 2, 3, 4};
  busy.disconnects = {1, 2, 3, 4, 5, 6, 7, 8};
  const Families families = scraped({named("idle"), busy});
  const auto of = [&](const std::string& name, Labels labels = {}) {
    labels["peer"] = "busy";
    return sample(families, name, labels);
  };
  CHECK(of("ebbgate_peer_up") == 1);
  CHECK(of("ebbgate_reconnect_backoff_level") == 7);
  CHECK(of("ebbgate_feedback_accepted_total") == 115);
  CHECK(of("ebbgate_feedback_messages_total", {{"result", "delivered"}}) == 50);
  CHECK(of("ebbgate_feedback_messages_total", {{"result", "rejected"}}) == 40);
  CHECK(of("ebbgate_feedback_messages_total", {{"result", "dropped"}}) == 20);
  CHECK(of("ebbgate_feedback_queue_length") == 4);
  CHECK(of("ebbgate_feedback_in_flight") == 1);
  CHECK(of("ebbgate_reconnect_attempts_total", {{"outcome", "timeout"}}) == 3);
  CHECK(of("ebbgate_feedback_disconnects_total", {{"reason", "stopped"}}) == 8);
  CHECK(sample(families, "ebbgate_feedback_accepted_total", {{"peer", "idle"}}) == 0);
}

TEST_CASE(
    "the next attempt's wall time is worked out at the scrape and absent where there is none") {
  const std::string name = "ebbgate_peer_next_attempt_timestamp_seconds";
  PeerStatus down = named("down");
  down.next_attempt = kScrape.boot + 1500ms;
  const std::vector<PeerStatus> peers{named("up"), down};
  Families families = scraped(peers);
  REQUIRE(families.at(name).samples.size() == 1);
  CHECK(sample(families, name, {{"peer", "down"}}) ==
        doctest::Approx(1'700'000'001.5).epsilon(1e-12));
  families = scraped(peers, {kScrape.boot + 1s, kScrape.wall + 1h});
  CHECK(sample(families, name, {{"peer", "down"}}) ==
        doctest::Approx(1'700'003'600.5).epsilon(1e-12));
}

TEST_CASE("a hostile name of a peer stays a label value") {
  const std::string name = "a\"} 7\nebbgate_leader 9\\";
  for (const auto& [family, found] : scraped({named(name)})) {
    for (const auto& each : found.samples) CHECK(each.labels.at("peer") == name);
  }
}

}  // namespace ebbgate::metrics
