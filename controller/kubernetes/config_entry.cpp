#include "controller/kubernetes/config_entry.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "controller/references.h"

namespace ebbgate::kubernetes {

namespace {

std::optional<Digest> digest_in(const ConfigObject& object, const std::string& key) {
  if (key.empty()) return object.whole;
  if (object.interest.keys.count(key) == 0) return std::nullopt;
  const auto found = std::lower_bound(
      object.keys.begin(), object.keys.end(), key,
      [](const auto& candidate, const std::string& wanted) { return candidate.first < wanted; });
  if (found == object.keys.end() || found->first != key) return absent_object_digest();
  return found->second;
}

}  // namespace

ConfigEntry::Part* ConfigEntry::find(std::string_view key) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [key](const Part& part) { return part.key == key; });
  return found == parts_.end() ? nullptr : &*found;
}

void ConfigEntry::add_part(std::string_view key) {
  Part* part = find(key);
  if (part == nullptr) {
    part = &parts_.emplace_back();
    part->key = key;
    if (state_ == State::absent) {
      part->digest = absent_object_digest();
      part->current = true;
    }
  }
  ++part->users;
}

void ConfigEntry::drop_part(std::string_view key) {
  Part* part = find(key);
  if (part == nullptr) std::abort();
  if (--part->users > 0) return;
  parts_.erase(parts_.begin() + (part - parts_.data()));
}

Interest ConfigEntry::interest() const {
  Interest interest;
  for (const Part& part : parts_) {
    if (part.key.empty()) {
      interest.whole = true;
    } else {
      interest.keys.insert(part.key);
    }
  }
  return interest;
}

bool ConfigEntry::take(const ConfigObject& object) {
  if (object.resource_version < resource_version_) return false;
  const bool same_version = object.resource_version == resource_version_;
  if (same_version && state_ == State::absent && absent_since_) return false;
  bool differs = take_readable() || state_ != State::present || ignored_ != object.ignored;
  doubtful_ = false;
  state_ = State::present;
  ignored_ = object.ignored;
  resource_version_ = object.resource_version;
  for (Part& part : parts_) {
    if (same_version && part.current) continue;
    const std::optional<Digest> digest = digest_in(object, part.key);
    part.current = digest.has_value();
    if (!digest || part.digest == digest) continue;
    part.digest = digest;
    differs = true;
  }
  return differs;
}

bool ConfigEntry::take_absent(std::uint64_t resource_version) {
  if (resource_version != 0 && resource_version <= resource_version_) return false;
  const bool differs = take_readable() || state_ != State::absent;
  doubtful_ = false;
  state_ = State::absent;
  absent_since_ = resource_version != 0;
  resource_version_ = std::max(resource_version_, resource_version);
  for (Part& part : parts_) {
    part.digest = absent_object_digest();
    part.current = true;
  }
  return differs;
}

bool ConfigEntry::take_forbidden(std::shared_ptr<const std::string> why) {
  const bool differs = !forbidden_ || *forbidden_ != *why;
  forbidden_ = std::move(why);
  doubtful_ = false;
  return differs;
}

bool ConfigEntry::take_readable() {
  const bool differs = forbidden_ != nullptr;
  forbidden_.reset();
  return differs;
}

bool ConfigEntry::is_complete() const {
  if (state_ == State::unknown || doubtful_) return false;
  if (is_ignored()) return true;
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.current; });
}

const std::optional<Digest>& ConfigEntry::digest(std::string_view key) const {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [key](const Part& part) { return part.key == key; });
  if (found == parts_.end()) std::abort();
  return found->digest;
}

}  // namespace ebbgate::kubernetes
