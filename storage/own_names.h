#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ebbgate::storage {

/// The names that a store's files have in the folder of its database, those that were set aside
/// included.
struct OwnNames {
  std::vector<std::string> whole;
  std::vector<std::string> beginnings;  ///< of names that end with a time

  bool include(const std::string& name) const;
};

OwnNames own_names(const std::filesystem::path& database);

}  // namespace ebbgate::storage
