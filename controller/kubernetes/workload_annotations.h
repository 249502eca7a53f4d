#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/governor/hold.h"
#include "controller/governor/policy.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// Whose opt-in annotations count beside ebbgate.io's (`kubernetes.honor`).
struct Honor final {
  bool wave = true;
  bool reloader = false;
  bool operator==(const Honor&) const = default;
};

/// What a workload's annotations ask for.
struct WorkloadAnnotations {
  bool watched = false;  ///< opted in
  bool by_wave = false;  ///< through Wave's annotation, maybe through ours as well
  governor::Hold hold;
  governor::BackoffSettings backoff;  ///< the global ones with the workload's on top
  governor::SettleSettings settle;
  /// Further objects, sorted, without duplicates: all required, but for those that are named in
  /// Wave's annotations (when by_wave), which Wave takes as optional.
  std::vector<ConfigReference> extra;
  std::vector<std::string> problems;  ///< of annotations that were set aside, one line each
};

/// Policy annotations are set aside together where one is wrong or they make no sense together; an
/// unreadable hold holds (safe), an extra object that cannot be read is left out; each is told.
/// `ebbgate.io/watch: "false"` beats the annotations of others.
WorkloadAnnotations read_annotations(const WorkloadObject& workload, const Honor& honor,
                                     const governor::BackoffSettings& backoff,
                                     const governor::SettleSettings& settle);

}  // namespace ebbgate::kubernetes
