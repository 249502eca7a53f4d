#include "controller/kubernetes/template_digest.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ebbgate::kubernetes {

namespace {

constexpr int kDeepest = 64;

// Where in the template a value stands, as far as something is left out there.
enum class Place { pod_template, metadata, annotations, elsewhere };

Place place_of(Place outer, std::string_view key) {
  if (outer == Place::pod_template && key == "metadata") return Place::metadata;
  if (outer == Place::metadata && key == "annotations") return Place::annotations;
  return Place::elsewhere;
}

void append_text(std::string_view text, std::string& canonical) {
  canonical += '"' + std::to_string(text.size()) + ':';
  canonical += text;
}

class Canonical final {
 public:
  explicit Canonical(const JsonReader& reader) : reader_(reader) {}

  bool append_object(JsonReader::Object& object, Place place, int depth,
                     std::string& canonical) const {
    std::vector<std::pair<std::string, std::string>> members;
    const bool read = reader_.members(object, [&](std::string_view key, JsonReader::Value value) {
      if (JsonReader::is_null(value)) return true;
      if (place == Place::annotations && key.starts_with(kAnnotationPrefix)) return true;
      const Place inner = place_of(place, key);
      std::string text;
      if (!append(value, inner, depth, text)) return false;
      if (inner != Place::elsewhere && text == "{}") return true;
      members.emplace_back(key, std::move(text));
      return true;
    });
    if (!read) return false;
    std::ranges::sort(members);
    canonical += '{';
    for (const auto& [key, text] : members) {
      append_text(key, canonical);
      canonical += text;
    }
    canonical += '}';
    return true;
  }

 private:
  bool append(JsonReader::Value value, Place place, int depth, std::string& canonical) const {
    simdjson::ondemand::json_type type{};
    if (depth >= kDeepest || value.type().get(type) != simdjson::SUCCESS) return false;
    switch (type) {
      case simdjson::ondemand::json_type::object: {
        JsonReader::Object object;
        return value.get_object().get(object) == simdjson::SUCCESS &&
               append_object(object, place, depth + 1, canonical);
      }
      case simdjson::ondemand::json_type::array: {
        canonical += '[';
        const bool read = JsonReader::elements(value, [&](JsonReader::Value element) {
          return append(element, Place::elsewhere, depth + 1, canonical);
        });
        canonical += ']';
        return read;
      }
      case simdjson::ondemand::json_type::string: {
        std::string text;
        if (!reader_.read(value, text)) return false;
        append_text(text, canonical);
        return true;
      }
      default: {
        const std::string_view token = value.raw_json_token();
        canonical += token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
        canonical += ',';
        return true;
      }
    }
  }

  const JsonReader& reader_;
};

}  // namespace

std::optional<Digest> template_digest(const JsonReader& reader, JsonReader::Object& pod_template) {
  std::string canonical;
  if (!Canonical(reader).append_object(pod_template, Place::pod_template, 0, canonical)) {
    return std::nullopt;
  }
  return sha256(canonical);
}

}  // namespace ebbgate::kubernetes
