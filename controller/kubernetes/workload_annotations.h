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
  bool by_wave = false;  ///< through Wave's annotation
  governor::Hold hold;
  governor::BackoffSettings backoff;  ///< the global ones with the workload's on top
  governor::SettleSettings settle;
  std::vector<ConfigReference> extra;  ///< further objects, all required
  std::vector<std::string> problems;   ///< of annotations that were set aside, one line each
};

/// Policy annotations are set aside together where one is wrong or they make no sense together; an
/// unreadable hold holds (safe), an extra object that cannot be read is left out; each is told.
WorkloadAnnotations read_annotations(const WorkloadObject& workload, const Honor& honor,
                                     const governor::BackoffSettings& backoff,
                                     const governor::SettleSettings& settle);

}  // namespace ebbgate::kubernetes
