#include "storage/reference_list.h"

#include <algorithm>
#include <cstdint>

namespace ebbgate::storage {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kLengthSize = 4;

std::size_t read_length(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthSize; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return length;
}

}  // namespace

std::string pack_references(const std::vector<ReferenceRow>& references) {
  std::string packed(1, kVersion);
  for (const ReferenceRow& reference : references) {
    for (std::size_t i = 0; i < kLengthSize; ++i) {
      packed.push_back(static_cast<char>(reference.name.size() >> (8 * i) & 0xffU));
    }
    packed += reference.name;
    packed.append(reference.digest.bytes.begin(), reference.digest.bytes.end());
  }
  return packed;
}

std::optional<std::vector<ReferenceRow>> unpack_references(std::string_view packed) {
  if (packed.empty() || packed.front() != kVersion) {
    return std::nullopt;
  }
  packed.remove_prefix(1);
  std::vector<ReferenceRow> references;
  while (!packed.empty()) {
    ReferenceRow reference;
    if (packed.size() < kLengthSize) {
      return std::nullopt;
    }
    const std::size_t length = read_length(packed);
    packed.remove_prefix(kLengthSize);
    if (packed.size() < length || packed.size() - length < reference.digest.bytes.size()) {
      return std::nullopt;
    }
    reference.name = packed.substr(0, length);
    packed.remove_prefix(length);
    std::copy_n(packed.begin(), reference.digest.bytes.size(), reference.digest.bytes.begin());
    packed.remove_prefix(reference.digest.bytes.size());
    references.push_back(std::move(reference));
  }
  return references;
}

}  // namespace ebbgate::storage
