#include "controller/references.h"

#include <algorithm>

namespace ebbgate {

Digest absent_path_digest() {
  static const Digest digest = Sha256().add_field("absent").finish();
  return digest;
}

Digest absent_object_digest() {
  Digest digest;
  digest.bytes.fill(0xff);
  return digest;
}

bool is_absent(const Digest& digest) {
  return digest == absent_object_digest() || digest == absent_path_digest();
}

Digest fingerprint_of(const std::vector<Reference>& references) {
  Sha256 hash;
  for (const Reference& reference : references) {
    hash.add_field(reference.name);
    hash.add_field({reinterpret_cast<const char*>(reference.digest.bytes.data()),
                    reference.digest.bytes.size()});
  }
  return hash.finish();
}

std::vector<Reference> rebase(const std::vector<Reference>& applied,
                              const std::vector<Reference>& current) {
  std::vector<Reference> result;
  result.reserve(current.size());
  for (const Reference& reference : current) {
    const auto before = std::lower_bound(
        applied.begin(), applied.end(), reference.name,
        [](const Reference& left, const std::string& name) { return left.name < name; });
    const bool was_there = before != applied.end() && before->name == reference.name;
    result.push_back(was_there ? *before : reference);
  }
  return result;
}

}  // namespace ebbgate
