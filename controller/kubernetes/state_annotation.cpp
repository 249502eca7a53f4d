#include "controller/kubernetes/state_annotation.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "controller/references.h"

namespace ebbgate::kubernetes {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::int64_t kHighestLevel = 64;
constexpr std::size_t kHexDigits = 64;  // of a digest

std::string hash_prefix() {
  return "v" + std::to_string(kReferencesVersion) + "-";
}

std::optional<std::string> text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::uint64_t> number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

// False when it is there and neither null nor a digest.
bool read_applied(const Json& json, std::optional<std::optional<Digest>>& applied) {
  const auto found = json.find("applied");
  if (found == json.end()) return true;
  applied.emplace();
  if (found->is_null()) return true;
  if (!found->is_string()) return false;
  *applied = parse_hash(found->get_ref<const std::string&>());
  return applied->has_value();
}

}  // namespace

std::string hash_text(const Digest& fingerprint) {
  return hash_prefix() + fingerprint.hex();
}

std::optional<Digest> parse_hash(std::string_view text) {
  const std::string prefix = hash_prefix();
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const std::string_view counter = text.substr(std::min(text.size(), kHexDigits));
  if (!counter.empty()) {
    const bool is_counter = counter.front() == '-' && counter.size() > 1 &&
                            counter.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (!is_counter) return std::nullopt;
  }
  return Digest::from_hex(text.substr(0, kHexDigits));
}

std::string unique_hash_text(const Digest& fingerprint, std::uint64_t counter) {
  return hash_text(fingerprint) + "-" + std::to_string(counter);
}

std::string state_text(const StateAnnotation& state) {
  Json json = {{"format", kFormat},
               {"counter", state.counter},
               {"level", state.level},
               {"uid", state.uid},
               {"template", state.template_digest.hex()},
               {"hash", state.hash}};
  if (state.applied) {
    json["applied"] = *state.applied ? Json(hash_text(**state.applied)) : Json();
  }
  json["at"] = format_time(state.at);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<StateAnnotation> parse_state(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto format = number_of(json, "format");
  const auto counter = number_of(json, "counter");
  const auto level = number_of(json, "level");
  auto uid = text_of(json, "uid");
  const auto digest = Digest::from_hex(text_of(json, "template").value_or(""));
  auto hash = text_of(json, "hash");
  const auto at = parse_time(text_of(json, "at").value_or(""));
  StateAnnotation state;
  if (format != kFormat || !counter || !level || *level > kHighestLevel || !uid || !digest ||
      !hash || !at || !read_applied(json, state.applied)) {
    return std::nullopt;
  }
  state.counter = *counter;
  state.level = static_cast<int>(*level);
  state.uid = *std::move(uid);
  state.template_digest = *digest;
  state.hash = *std::move(hash);
  state.at = *at;
  return state;
}

}  // namespace ebbgate::kubernetes
