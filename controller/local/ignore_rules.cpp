#include "controller/local/ignore_rules.h"

#include <fnmatch.h>

#include <algorithm>

namespace ebbgate::local {

bool IgnoreRules::ignored(const std::string& folder, const std::string& name) const {
  if (name.starts_with("..")) return true;
  const bool fits_a_glob = std::ranges::any_of(globs_, [&](const std::string& glob) {
    return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
  });
  return fits_a_glob || std::ranges::any_of(own_files_, [&](const OwnFiles& own) {
           return own.folder == folder &&
                  (std::ranges::find(own.names, name) != own.names.end() ||
                   std::ranges::any_of(own.beginnings, [&](const std::string& beginning) {
                     return name.starts_with(beginning);
                   }));
         });
}

}  // namespace ebbgate::local
