#pragma once

#include <algorithm>
#include <map>

#include "metrics/status.h"

namespace ebbgate::metrics::test {

/// A controller's answers, as the test sets them. `answers = false`: none comes in time.
struct FakeSource final : StatusSource {
  std::map<WorkloadKey, WorkloadStatus> statuses;
  std::vector<HistoryStatus> entries;
  bool answers = true;
  bool alive = true;
  std::vector<std::string> reasons;
  std::vector<WorkloadKey> released;
  ProcessStatus about{"local", "", "", {}};

  WorkloadStatus& add(const WorkloadKey& key, const std::string& state = "idle") {
    WorkloadStatus& status = statuses[key];
    status.key = key;
    status.state = state;
    return status;
  }

  std::optional<std::vector<WorkloadStatus>> workloads(const WorkloadQuery& query) override {
    if (!answers) return std::nullopt;
    std::vector<WorkloadStatus> found;
    for (const auto& [key, status] : statuses) {
      if (found.size() < query.limit && (query.state.empty() || status.state == query.state) &&
          (query.namespace_name.empty() || key.namespace_name == query.namespace_name) &&
          (!query.after || *query.after < key)) {
        found.push_back(status);
      }
    }
    return found;
  }

  std::optional<std::optional<WorkloadStatus>> workload(const WorkloadKey& key) override {
    if (!answers) return std::nullopt;
    const auto found = statuses.find(key);
    if (found == statuses.end()) return std::optional<WorkloadStatus>();
    return std::optional<WorkloadStatus>(found->second);
  }

  std::optional<std::vector<HistoryStatus>> history(const std::optional<WorkloadKey>& key,
                                                    std::size_t limit) override {
    if (!answers) return std::nullopt;
    std::vector<HistoryStatus> found;
    for (const HistoryStatus& entry : entries) {
      if (found.size() < limit && (!key || entry.key == *key)) found.push_back(entry);
    }
    return found;
  }

  std::optional<bool> release(const WorkloadKey& key) override {
    if (!answers) return std::nullopt;
    if (!statuses.contains(key)) return false;
    released.push_back(key);
    return true;
  }

  ProcessStatus process() override { return about; }
  bool healthy() override { return alive; }
  std::vector<std::string> not_ready() override { return reasons; }
};

}  // namespace ebbgate::metrics::test
