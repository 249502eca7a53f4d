#pragma once

#include <string>
#include <string_view>

#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// JSON patches (RFC 6902) that change nothing unless the workload's uid, our hash and our state
/// are those of `seen` (semantics, section 4: maps that are missing, keys that are missing).

/// Sets the template's hash, which begins a rollout, and the state.
std::string rollout_patch(const WorkloadObject& seen, std::string_view hash,
                          std::string_view state);
/// Sets the state alone, which begins nothing.
std::string state_patch(const WorkloadObject& seen, std::string_view state);

/// Whether `fresh` still has everything that a patch made from `seen` tests.
bool passes_tests(const WorkloadObject& fresh, const WorkloadObject& seen);

}  // namespace ebbgate::kubernetes
