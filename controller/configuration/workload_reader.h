#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/configuration/map_reader.h"
#include "controller/configuration/named_path.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// Reads `local.workloads`.
class WorkloadReader {
 public:
  /// `globals` are the values that workloads override, and `known_problems` what validate() says
  /// of them, so that it is not said again for each workload. What workloads name goes to `paths`.
  /// All must outlive the reader.
  WorkloadReader(const std::filesystem::path& folder, const Settings& globals,
                 const std::vector<std::string>& known_problems, Problems& problems,
                 std::vector<std::string>& warnings, std::vector<NamedPath>& paths);

  std::vector<LocalWorkload> read(const Entry& list);

 private:
  LocalWorkload read_workload(const Entry& entry, const std::string& path);
  void read_watch(const MapReader& map, LocalWorkload& workload);
  void read_policy(const MapReader& map, LocalWorkload& workload);
  void check_unique(const LocalWorkload& workload, int line, const std::string& path);

  const std::filesystem::path& folder_;
  const Settings& globals_;
  const std::vector<std::string>& known_problems_;
  Problems& problems_;
  std::vector<std::string>& warnings_;
  std::vector<NamedPath>& paths_;
  std::map<std::pair<std::string, std::string>, int> lines_;  // of the workloads so far
};

}  // namespace ebbgate::configuration
