#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "metrics/status.h"

namespace ebbgate::metrics::test {

/// A controller's answers, as the test sets them. `answers = false`: none comes in time.
struct FakeSource final : StatusSource {
  std::map<WorkloadKey, WorkloadStatus> statuses;
  std::vector<HistoryStatus> entries;
  std::optional<WorkloadNews> what_is_new;  ///< whatever it is asked
  std::vector<std::pair<std::string, std::size_t>> asked_since;
  bool answers = true;
  bool alive = true;
  std::vector<std::string> reasons;
  std::vector<WorkloadKey> released;
  ProcessStatus about = of_provider("local");

  static ProcessStatus of_provider(const std::string& name) {
    ProcessStatus about;
    about.provider = name;
    return about;
  }

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
      const bool of_state =
          query.states.empty() ||
          std::find(query.states.begin(), query.states.end(), status.state) != query.states.end();
      if (found.size() < query.limit && of_state &&
          (query.namespace_name.empty() || key.namespace_name == query.namespace_name) &&
          (!query.after || *query.after < key)) {
        found.push_back(status);
      }
    }
    return found;
  }

  std::optional<std::optional<WorkloadNews>> news(const std::string& since,
                                                  std::size_t limit) override {
    if (!answers) return std::nullopt;
    asked_since.emplace_back(since, limit);
    return what_is_new;
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
