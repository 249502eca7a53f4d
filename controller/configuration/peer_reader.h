#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "controller/configuration/map_reader.h"
#include "controller/configuration/named_path.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// Reads `feedback`.
class PeerReader {
 public:
  /// All must outlive the reader.
  PeerReader(const std::filesystem::path& folder, Problems& problems, std::vector<NamedPath>& paths)
      : folder_(folder), problems_(problems), paths_(paths) {}

  std::vector<feedback::PeerSettings> read(const Entry& list);

 private:
  feedback::PeerSettings read_peer(const Entry& entry, const std::string& path);
  void read_name_of(const MapReader& map, feedback::PeerSettings& peer);
  void read_socket(const MapReader& map, feedback::PeerSettings& peer);
  void read_timeouts(const MapReader& map, feedback::PeerSettings& peer);
  void read_requirements(const MapReader& map, feedback::PeerSettings& peer);
  void read_reconnect(const MapReader& map, feedback::PeerSettings& peer);

  const std::filesystem::path& folder_;
  Problems& problems_;
  std::vector<NamedPath>& paths_;
  // Of the peers so far: their lines, by what no two may share.
  std::map<std::string, int> names_;
  std::map<std::string, int> sockets_;
};

}  // namespace ebbgate::configuration
