#include "controller/state_loss.h"

#include <doctest/doctest.h>

namespace ebbgate {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{BootTime(100s), WallTime(0ms)};

storage::Loaded loaded(storage::Found found) {
  storage::Loaded loaded;
  loaded.found = found;
  loaded.reason = "the database x is missing";
  return loaded;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("A loss is told with when, why and what it means, for an hour") {
  const StateLoss loss(loaded(storage::Found::lost), std::nullopt, kStart);
  const std::string text = loss.told(kStart.boot);
  CAPTURE(text);
  CHECK(holds(text,
              "was lost, as was found at 1970-01-01T00:00:00.000Z: the database x is missing."));
  CHECK(holds(text, "Workloads without a record started at the highest level"));
  CHECK(loss.told(kStart.boot + 59min) == text);
  CHECK(loss.told(kStart.boot + 60min).empty());
}

TEST_CASE("A restored copy is told as one, with the level that was set") {
  const StateLoss loss(loaded(storage::Found::restored), 3, kStart);
  const std::string text = loss.told(kStart.boot);
  CAPTURE(text);
  CHECK(holds(text, "is a restored copy"));
  CHECK(holds(text, "each workload is updated once, even if its files are as they were"));
  CHECK(holds(text, "Workloads started at level 3, or at their level in the copy"));
}

TEST_CASE("Of state that is whole, or new, nothing is told") {
  for (const auto found : {storage::Found::good, storage::Found::fresh}) {
    CHECK(StateLoss(loaded(found), std::nullopt, kStart).told(kStart.boot).empty());
  }
}

}  // namespace
}  // namespace ebbgate
