#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/kubernetes/json_reader.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// What the specification of a workload says of its pods' number and replacement.
struct RolloutSpec {
  std::int32_t replicas = 1;
  bool paused = false;
  std::string strategy;  ///< its type: RollingUpdate, Recreate, OnDelete; empty: the default
  /// As it is written: `2` or `25%`; empty: the default.
  std::string max_unavailable;
  std::int32_t partition = 0;
};

/// Reads what belongs to it of one member of `spec`; passes over all others. False when malformed.
bool read_rollout_spec(const JsonReader& reader, std::string_view key, JsonReader::Value value,
                       RolloutSpec& spec);

/// Reads `status`. False when malformed.
bool read_rollout_status(const JsonReader& reader, JsonReader::Value value, WorkloadKind kind,
                         RolloutStatus& status);

/// Puts in what only the specification knows. To be called after both have been read.
void complete_status(const RolloutSpec& spec, WorkloadKind kind, RolloutStatus& status);

}  // namespace ebbgate::kubernetes
