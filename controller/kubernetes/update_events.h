#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/kubernetes/event.h"
#include "controller/observer.h"

namespace ebbgate::kubernetes {

/// Tells the owners of workloads in Events what the controller decides: one when an update begins
/// to wait, one when it is applied, one when a workload begins to fail, and none for each change or
/// further try.
class UpdateEvents final : public Observer {
 public:
  struct Sources {
    /// Nothing when the workload does not exist any more.
    std::function<std::optional<EventTarget>(const WorkloadKey&)> target;
    /// Which object's change is the reason of the update that is wanted, as `ConfigMap web/app`;
    /// empty when that cannot be told.
    std::function<std::string(const WorkloadKey&)> cause;
  };

  /// The sink must outlive it. `sources` are called on the loop's thread, and must not block.
  UpdateEvents(EventSink& sink, Sources sources);

  void decided(Instant now, const governor::Decision& decision, const governor::Workload& workload,
               const std::string& detail) override;
  void turned(Instant, const governor::Governor&, const std::vector<governor::Handle>&) override {}
  void degraded(bool, const std::string&) override {}

 private:
  void answered(Instant now, const governor::Decision& decision, const governor::Workload& workload,
                const std::string& detail);
  bool begins_to_fail(const governor::Workload& workload);
  void tell(const governor::Workload& workload, EventReason reason, EventType type,
            const std::string& message);

  EventSink& sink_;
  const Sources sources_;
  std::map<WorkloadKey, std::string> causes_;  // of updates in flight
  std::set<WorkloadKey> failing_;              // told of
};

}  // namespace ebbgate::kubernetes
