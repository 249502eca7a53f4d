#include "controller/state_loss.h"

#include "base/text.h"

namespace ebbgate {

namespace {

std::string first_words(storage::Found found) {
  switch (found) {
    case storage::Found::lost:
      return "the stored state was lost, as was found at ";
    case storage::Found::restored:
      return "the stored state is a restored copy, as was found at ";
    case storage::Found::fresh:
    case storage::Found::good:
      return "";
  }
  return "";
}

}  // namespace

StateLoss::StateLoss(const storage::Loaded& loaded, std::optional<int> unknown_level, Instant now)
    : until_(now.boot + kTold) {
  const std::string first = first_words(loaded.found);
  if (first.empty()) return;
  const std::string level =
      unknown_level ? "at level " + std::to_string(*unknown_level) : "at the highest level";
  const std::string workloads =
      loaded.found == storage::Found::lost
          ? "Workloads without a record started " + level
          : "Workloads started " + level + ", or at their level in the copy where that is higher";
  const std::string applied =
      loaded.found == storage::Found::lost
          ? "On a host, what was there then is taken as applied, even if it had been waiting: "
            "change "
            "it once more to send it"
          : "On a host, each workload is updated once, even if its files are as they were";
  text_ = first + format_time(now.wall) + ": " + loaded.reason + ". " + workloads +
          ", as if they had been updated then; a rest forgives it. " + applied +
          ". This notice stays for an hour";
}

std::string StateLoss::told(BootTime now) const {
  return now < until_ ? text_ : "";
}

}  // namespace ebbgate
