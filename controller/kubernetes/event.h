#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/workload_key.h"

namespace ebbgate::kubernetes {

/// The workload that a Kubernetes Event is about.
struct EventTarget {
  WorkloadKey key;
  std::string uid;
  std::uint64_t resource_version = 0;  ///< 0: not known
};

/// What Events tell, as `kubectl describe` shows it.
enum class EventReason : std::uint8_t {
  update_held,
  updated,
  update_failing,
  reference_missing,
  invalid_policy,
  waits_for_deletion,  ///< pods take the update on only when somebody deletes them
  rollout_timed_out,
  forbidden,
};

inline constexpr std::array<std::string_view, 8> kEventReasonNames{
    "UpdateHeld",    "Updated",          "UpdateFailing",   "ReferenceMissing",
    "InvalidPolicy", "WaitsForDeletion", "RolloutTimedOut", "Forbidden"};

constexpr std::string_view name_of(EventReason reason) {
  return kEventReasonNames.at(static_cast<std::size_t>(reason));
}

enum class EventType : std::uint8_t { normal, warning };

/// Where Events go. Any thread; never blocks.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `message` is for people, and holds nothing secret.
  virtual void record(const EventTarget& target, EventReason reason, EventType type,
                      const std::string& message) = 0;
};

}  // namespace ebbgate::kubernetes
