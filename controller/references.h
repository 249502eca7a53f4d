#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"

namespace ebbgate {

/// One thing that a workload's configuration comes from, and the digest of what it holds now.
struct Reference {
  std::string name;
  Digest digest;
  auto operator<=>(const Reference&) const = default;
};

/// All references of a workload, sorted by name, without duplicates. Immutable and shared between
/// threads.
using References = std::shared_ptr<const std::vector<Reference>>;

/// The version of the algorithm behind every reference's digest and fingerprint_of().
inline constexpr int kReferencesVersion = 1;

/// The digest of a watched path where there is nothing.
Digest absent_path_digest();
/// The digest of an object or key that does not exist. No content is known to have it: a marker's
/// SHA-256 would not do, as a key's value could be the marker.
Digest absent_object_digest();
/// Whether it is one of these.
bool is_absent(const Digest& digest);

/// SHA-256 over names and digests.
Digest fingerprint_of(const std::vector<Reference>& references);

/// What `applied` would have been had the set always been that of `current`: references in both
/// keep the digest they had, those only in `current` are adopted as they are, others are gone. A
/// change of the set alone is thereby no change, and a changed content in a changed set is one
/// (semantics, sections 3 and 4).
std::vector<Reference> rebase(const std::vector<Reference>& applied,
                              const std::vector<Reference>& current);

}  // namespace ebbgate
