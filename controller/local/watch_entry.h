#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/digest.h"

namespace ebbgate::local {

/// A file or folder that workloads watch. One that is watched with two limits is read twice.
struct WatchEntry {
  std::string path;
  std::uint64_t max_file_size = 0;
  auto operator<=>(const WatchEntry&) const = default;
};

/// What is known of one.
struct EntryState {
  bool read = false;             ///< once at least
  std::optional<Digest> digest;  ///< of what could last be read
  std::string problem;           ///< why it cannot be read; empty: it can
  std::string overdue;           ///< says that it is being read for too long; empty: it is not
};

using EntryStates = std::map<WatchEntry, EntryState>;

}  // namespace ebbgate::local
