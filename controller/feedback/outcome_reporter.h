#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "controller/observer.h"

namespace ebbgate::feedback {

/// Makes a message of each update's outcome: 100 for one that became ready (or was applied, where
/// readiness is not judged), 0 for one that failed or whose outcome is not known. One that a
/// process before this one sent makes none, since what led to it is not known any more.
///
/// The features, in this order: the level that the update raised the workload to; seconds from the
/// first change that it carries to its sending; seconds from sending to the answer; how often it
/// was tried; seconds from the answer to ready or failed (0 where that is not judged); changes that
/// it stands for beside its own; whether readiness is judged (1 or 0).
class OutcomeReporter final : public Observer {
 public:
  /// Takes a message's job_id and its JSON on one line; on the loop's thread; must not block.
  using Deliver = std::function<void(const std::string& job_id, const std::string& line)>;

  explicit OutcomeReporter(Deliver deliver) : deliver_(std::move(deliver)) {}

  void decided(Instant now, const governor::Decision& decision, const governor::Workload& workload,
               const std::string& detail) override;
  void turned(Instant, const governor::Governor&, const std::vector<governor::Handle>&) override {}
  void degraded(bool, const std::string&) override {}

 private:
  struct Update {
    enum class Phase : std::uint8_t { trying, watched, told };
    Phase phase = Phase::trying;
    Digest fingerprint;
    int level = 0;
    Duration delay{0};
    Duration duration{0};
    int attempts = 0;
    std::uint64_t coalesced_before = 0;  // when the update before it was sent
    std::uint64_t coalesced = 0;
    BootTime sent_at;
    BootTime answered_at;
  };

  void sent(const governor::Decision& decision, const governor::Workload& workload);
  void answered(Instant now, const governor::Decision& decision, const governor::Workload& workload,
                const std::string& detail);
  void ended(Instant now, const governor::Decision& decision, const governor::Workload& workload,
             const std::string& outcome, const std::string& detail);

  const Deliver deliver_;
  std::unordered_map<governor::Handle, Update> updates_;  // the last one of each workload
};

}  // namespace ebbgate::feedback
