#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/records.h"

namespace ebbgate::storage {

/// The references of a row as one small value for a column: a version byte, then for each reference
/// the length of its name (4 bytes, little-endian), the name and the digest.
std::string pack_references(const std::vector<ReferenceRow>& references);

/// Nothing when `packed` is not such a value.
std::optional<std::vector<ReferenceRow>> unpack_references(std::string_view packed);

}  // namespace ebbgate::storage
