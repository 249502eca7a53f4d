#pragma once

#include <string>
#include <vector>

#include "controller/settings.h"

namespace ebbgate::local {

/// What a request carries that nobody else should learn: the values of its headers and of its
/// URL's query. Services like to repeat in an error what they were asked.
class HookSecrets final {
 public:
  explicit HookSecrets(const HttpRequest& request);

  /// The text without them.
  std::string masked(std::string text) const;

 private:
  void add(std::string secret);

  std::vector<std::string> secrets_;  // the longest first
};

}  // namespace ebbgate::local
