#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/feedback.h"
#include "metrics/status.h"

/// The API's answers as JSON texts. Bytes that are not UTF-8 come out as U+FFFD.
namespace ebbgate::metrics {

/// {"items":[…]}, and "next" with the key to go on behind, when there is more.
std::string workloads_json(const std::vector<WorkloadStatus>& workloads,
                           const std::optional<WorkloadKey>& next);
/// {"items":[…], "gone":[{"namespace", "kind", "name"}, …], "since":"…", "more":…}
std::string news_json(const WorkloadNews& news);
/// A workload with its references.
std::string workload_json(const WorkloadStatus& workload);
/// {"items":[{"workload", "at", "event", "level", "detail"}, …]}
std::string history_json(const std::vector<HistoryStatus>& entries);
/// {"provider", "role", "leader", "problems":[…], "degraded", "version", "revision", "started",
/// "budget":{"tokens", "burst", "rate"}, "totals":{…}}
std::string process_json(const ProcessStatus& process);
std::string released_json(const WorkloadKey& key);
/// {"items":[{"peer", "socket", "up", …}, …]}, with moments as `anchor` has them.
std::string peers_json(const std::vector<PeerStatus>& peers, const WallAnchor& anchor);
/// {"queued":n,"dropped":m}
std::string offered_json(const Offered& offered);
/// {"error":"…","line":n}
std::string wrong_line_json(const Offered& offered);
/// {"error":"…"}
std::string error_json(const std::string& message);

}  // namespace ebbgate::metrics
