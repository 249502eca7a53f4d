#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

/// Works out the hash that Wave writes on a pod template: SHA-256 of Go's JSON of
/// `{"configMaps":{NAME:{KEY:BASE64}},"secrets":{…}}`, sorted, names without namespaces.
///
/// Objects are asked for one after the other, in the order in which they are hashed, so that no two
/// of them (and of none a value) are held at a time.
class WaveHash {
 public:
  /// Gives the whole JSON of an object as the API server sent it; an empty text: it does not exist;
  /// nothing: it cannot be read now.
  using Fetch = std::function<std::optional<std::string>(const ConfigName&)>;

  /// In lower-case hexadecimal digits; nothing when an object cannot be read now.
  static std::optional<std::string> of(const std::vector<ConfigReference>& references,
                                       const Fetch& fetch);
};

}  // namespace ebbgate::kubernetes
