#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"

namespace ebbgate::kubernetes {

inline constexpr std::string_view kStateAnnotation = "ebbgate.io/state";
inline constexpr std::string_view kHashAnnotation = "ebbgate.io/config-hash";

/// A fingerprint as the template's annotation has it, with the version of its algorithm:
/// `v1-` and 64 hexadecimal digits. Nothing for anything else, another version's too.
std::string hash_text(const Digest& fingerprint);
/// The same with `-` and an update's counter behind it, which no template has had before.
std::string unique_hash_text(const Digest& fingerprint, std::uint64_t counter);
std::optional<Digest> parse_hash(std::string_view text);

/// What a workload carries of its past in `ebbgate.io/state` (semantics, section 4).
struct StateAnnotation {
  std::uint64_t counter = 0;  ///< of updates, over the workload's whole life
  int level = 0;
  std::string uid;         ///< of the workload that it was written for
  Digest template_digest;  ///< that it was written for
  std::string hash;        ///< the template's annotation that it was written for; empty: none
  /// What the workload had taken on, where that is not what `hash` says; no value: not known.
  /// Outside: absent, `hash` rules.
  std::optional<std::optional<Digest>> applied;
  WallTime at;  ///< for people

  bool operator==(const StateAnnotation&) const = default;
};

/// One line of compact JSON.
std::string state_text(const StateAnnotation& state);
/// Nothing for what is no state, or one of a newer format.
std::optional<StateAnnotation> parse_state(std::string_view text);

}  // namespace ebbgate::kubernetes
