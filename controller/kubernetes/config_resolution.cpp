#include <algorithm>
#include <map>
#include <utility>

#include "controller/kubernetes/config_index.h"
#include "controller/references.h"

namespace ebbgate::kubernetes {

namespace {

std::string reference_name(const ConfigName& object, const std::string& key) {
  std::string name(name_of(object.kind));
  name.append("/").append(object.namespace_name).append("/").append(object.name);
  if (!key.empty()) name.append(":").append(key);
  return name;
}

void append(std::string& text, std::string_view separator, std::string_view more) {
  if (!text.empty()) text += separator;
  text += more;
}

// Gathers why a workload waits, in the order of its references.
class Missing {
 public:
  void object(const ConfigName& name) { line(name.text() + " does not exist"); }
  void key(const ConfigName& name, const std::string& key) {
    line(name.text() + " has no key " + key);
  }
  // Many objects, one reason: that of a list.
  void forbidden(const ConfigName& name, const std::string& why) {
    const std::string text = name.text();
    std::string& names = forbidden_[why];
    if (names != text && !names.ends_with(", " + text)) append(names, ", ", text);
  }

  std::string text() const {
    std::string text = lines_;
    for (const auto& [why, names] : forbidden_) {
      append(text, "; ", std::string(names).append(" may not be read: ").append(why));
    }
    return text;
  }
  bool any_forbidden() const { return !forbidden_.empty(); }

 private:
  void line(const std::string& text) {
    if (text == last_) return;
    last_ = text;
    append(lines_, "; ", text);
  }

  std::string lines_;
  std::string last_;
  std::map<std::string, std::string> forbidden_;
};

}  // namespace

Resolution ConfigIndex::resolve(const WorkloadKey& workload) const {
  auto references = std::make_shared<std::vector<Reference>>();
  const auto found = workloads_.find(workload);
  if (found == workloads_.end()) return {std::move(references), {}, false};
  references->reserve(found->second.size());
  Missing missing;
  bool all_read = true;
  for (const Use& use : found->second) {
    const auto& [name, entry] = *use.node;
    if (entry.forbidden() != nullptr) missing.forbidden(name, *entry.forbidden());
    if (entry.is_ignored()) continue;
    const std::optional<Digest>& digest = entry.digest(use.key);
    if (!digest) {
      all_read = false;
      continue;
    }
    references->push_back({reference_name(name, use.key), *digest});
    if (use.optional || *digest != absent_object_digest() || entry.forbidden() != nullptr) continue;
    if (entry.state() == ConfigEntry::State::absent) {
      missing.object(name);
    } else {
      missing.key(name, use.key);
    }
  }
  Resolution resolution;
  resolution.missing = missing.text();
  resolution.forbidden = missing.any_forbidden();
  if (!all_read) return resolution;
  std::sort(references->begin(), references->end());
  resolution.references = std::move(references);
  return resolution;
}

std::vector<std::pair<ConfigName, std::uint64_t>> ConfigIndex::versions(
    const WorkloadKey& workload) const {
  std::vector<std::pair<ConfigName, std::uint64_t>> versions;
  const auto found = workloads_.find(workload);
  if (found == workloads_.end()) return versions;
  for (const Use& use : found->second) {
    const auto& [name, entry] = *use.node;
    if (!versions.empty() && versions.back().first == name) continue;
    const bool present = entry.state() == ConfigEntry::State::present;
    versions.emplace_back(name, present ? entry.resource_version() : 0);
  }
  return versions;
}

}  // namespace ebbgate::kubernetes
