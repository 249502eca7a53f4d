#pragma once

#include <string>
#include <vector>

namespace ebbgate::local {

/// Which entries of a folder are passed over, by their names alone.
class IgnoreRules {
 public:
  /// `globs` as of fnmatch(3).
  explicit IgnoreRules(std::vector<std::string> globs) : globs_(std::move(globs)) {}

  /// True for names that begin with `..` (Kubernetes' own entries in volumes) and that a glob fits.
  bool ignored(const std::string& name) const;
  bool operator==(const IgnoreRules&) const = default;

 private:
  std::vector<std::string> globs_;
};

}  // namespace ebbgate::local
