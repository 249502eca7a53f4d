#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

/// Which part of a config object somebody references.
struct Interest {
  bool whole = false;
  std::set<std::string> keys;  ///< single ones

  bool empty() const { return !whole && keys.empty(); }
  bool covers(const Interest& other) const;
  bool operator==(const Interest&) const = default;
};

/// Tells what is referenced of an object; empty: nothing. Any thread.
using InterestOf = std::function<Interest(const ConfigName&)>;

/// A ConfigMap or Secret as it is kept: digests of what is referenced, never a value. A value's
/// digest is SHA-256 of its bytes, wherever they stand (data or binaryData, base64 decoded).
struct ConfigObject {
  ConfigName name;
  std::uint64_t resource_version = 0;
  bool ignored = false;  ///< `ebbgate.io/ignore: "true"`
  Interest interest;     ///< what the digests below were taken for
  std::optional<Digest>
      whole;  ///< over all keys and their digests, sorted by key; when of interest
  std::vector<std::pair<std::string, Digest>> keys;  ///< those of interest that exist, sorted
};

}  // namespace ebbgate::kubernetes
