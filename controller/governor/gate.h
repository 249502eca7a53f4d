#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace ebbgate::governor {

/// Why an update must wait.
enum class Gate : std::uint8_t {
  settle,
  backoff,
  health,
  budget,
  unfinished,
  hold,
  missing,
  retry
};

inline constexpr std::array<std::string_view, 8> kGateNames{
    "settle", "backoff", "health", "budget", "unfinished", "hold", "missing", "retry"};
inline constexpr std::size_t kGates = kGateNames.size();

constexpr std::size_t index_of(Gate gate) {
  return static_cast<std::size_t>(gate);
}
constexpr std::string_view name_of(Gate gate) {
  return kGateNames.at(index_of(gate));
}

/// A gate that is closed now, and until when; absent: not known.
struct ClosedGate {
  Gate gate = Gate::settle;
  std::optional<BootTime> until;
};

/// The closed gates of one workload, at most one of each.
class GateList {
 public:
  void add(Gate gate, std::optional<BootTime> until) { gates_.at(size_++) = {gate, until}; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const ClosedGate* begin() const { return gates_.data(); }
  const ClosedGate* end() const { return gates_.data() + size_; }

 private:
  std::array<ClosedGate, kGates> gates_{};
  std::size_t size_ = 0;
};

}  // namespace ebbgate::governor
