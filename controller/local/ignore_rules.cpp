#include "controller/local/ignore_rules.h"

#include <fnmatch.h>

#include <algorithm>

namespace ebbgate::local {

bool IgnoreRules::ignored(const std::string& name) const {
  if (name.starts_with("..")) return true;
  return std::any_of(globs_.begin(), globs_.end(), [&name](const std::string& glob) {
    return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
  });
}

}  // namespace ebbgate::local
