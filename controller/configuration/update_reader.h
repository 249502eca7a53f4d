#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "controller/configuration/map_reader.h"
#include "controller/configuration/named_path.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// Reads how a local workload takes on its configuration (`update`) and shows that it did
/// (`ready`).
class UpdateReader {
 public:
  /// All must outlive the reader.
  UpdateReader(const std::filesystem::path& folder, Problems& problems,
               std::vector<std::string>& warnings, std::vector<NamedPath>& paths)
      : folder_(folder), problems_(problems), warnings_(warnings), paths_(paths) {}

  /// `line` is that of the workload, for an `update` that is not there.
  LocalUpdate read_update(const Entry& entry, int line, const std::string& path) const;
  LocalReadiness read_readiness(const Entry& entry, const std::string& path) const;

 private:
  void check_one_of(const MapReader& map, const std::vector<std::string>& ways,
                    const std::string& path) const;
  std::vector<std::string> read_command(const MapReader& map) const;
  HttpRequest read_request(const MapReader& parent) const;
  void read_headers(const MapReader& map, HttpRequest& request) const;
  SignalUpdate read_signal_update(const MapReader& parent) const;

  const std::filesystem::path& folder_;
  Problems& problems_;
  std::vector<std::string>& warnings_;
  std::vector<NamedPath>& paths_;
};

}  // namespace ebbgate::configuration
