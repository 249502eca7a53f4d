#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ebbgate::local {

/// What Ebbgate itself writes into one folder, which is nobody's configuration.
struct OwnFiles {
  std::string folder;                   ///< absolute, and without links
  std::vector<std::string> names;       ///< in that folder
  std::vector<std::string> beginnings;  ///< of further names
  bool operator==(const OwnFiles&) const = default;
};

/// Which entries of a folder are passed over, by their names alone.
class IgnoreRules {
 public:
  /// `globs` as of fnmatch(3), for names in any folder.
  IgnoreRules(std::vector<std::string> globs, std::vector<OwnFiles> own_files)
      : globs_(std::move(globs)), own_files_(std::move(own_files)) {}

  /// True for names that begin with `..` (Kubernetes' own entries in volumes) and that a glob fits,
  /// and for own files in `folder`, which is the path without links.
  bool ignored(const std::string& folder, const std::string& name) const;
  bool operator==(const IgnoreRules&) const = default;

 private:
  std::vector<std::string> globs_;
  std::vector<OwnFiles> own_files_;
};

}  // namespace ebbgate::local
