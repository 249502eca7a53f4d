#include "controller/kubernetes/wave_hash.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace ebbgate::kubernetes {

namespace {

using Json = nlohmann::json;

// What Wave reads of one object.
struct Part {
  ConfigName object;
  bool whole = false;
  std::set<std::string> keys;
};

// By name, as Wave has it: of two namespaces' objects of one name one counts.
std::map<std::string, Part> parts_of(const std::vector<ConfigReference>& references,
                                     ConfigKind kind) {
  std::map<std::string, Part> parts;
  for (const ConfigReference& reference : references) {
    if (reference.object.kind != kind) continue;
    Part& part = parts[reference.object.name];
    if (part.object != reference.object) part = {reference.object, false, {}};
    if (reference.key.empty()) {
      part.whole = true;
    } else {
      part.keys.insert(reference.key);
    }
  }
  return parts;
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
}

// A parsed object, whose strings are wiped at the end.
class Parsed final {
 public:
  explicit Parsed(const std::string& text) : json_(Json::parse(text, nullptr, false)) {}
  ~Parsed() { wipe_all(json_); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  bool is_object() const { return json_.is_object(); }
  Json& operator*() { return json_; }

 private:
  static void wipe_all(Json& json) {
    if (json.is_string()) return wipe(json.get_ref<std::string&>());
    if (!json.is_structured()) return;
    for (Json& element : json) wipe_all(element);
  }

  Json json_;
};

// As Go writes strings: what HTML or JavaScript would take for more than text is escaped.
void add_string(Sha256& hash, std::string_view text) {
  std::string escaped = Json(text).dump();
  const std::pair<std::string_view, std::string_view> replacements[] = {
      {"<", "\\u003c"},
      {">", "\\u003e"},
      {"&", "\\u0026"},
      {"\xe2\x80\xa8", "\\u2028"},
      {"\xe2\x80\xa9", "\\u2029"},
  };
  for (const auto& [plain, escape] : replacements) {
    for (std::size_t at = 0; (at = escaped.find(plain, at)) != escaped.npos; at += escape.size()) {
      escaped.replace(at, plain.size(), escape);
    }
  }
  hash.add(escaped);
}

void add_base64(Sha256& hash, const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  hash.add("\"").add({text.data(), text.size() - 1}).add("\"");
  wipe(text);
}

// The values of an object that Wave reads: sorted, and whether they stand in base64 already.
using Values = std::map<std::string_view, std::pair<const Json*, bool>>;

void gather(const Json& object, const char* member, bool base64, const Part& part, Values& values) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_object()) return;
  for (const auto& [key, value] : found->items()) {
    if (part.whole || part.keys.count(key) > 0) values.emplace(key, std::pair(&value, base64));
  }
}

void add_object(Sha256& hash, const Part& part, const Json& object) {
  const bool is_secret = part.object.kind == ConfigKind::secret;
  Values values;
  gather(object, "data", is_secret, part, values);
  if (!is_secret) gather(object, "binaryData", true, part, values);
  // A whole Secret's data are hashed as they are, also where there are none.
  if (is_secret && part.whole && values.empty()) {
    hash.add("null");
    return;
  }
  std::string_view separator = "{";
  for (const auto& [key, value] : values) {
    hash.add(separator);
    separator = ",";
    add_string(hash, key);
    hash.add(":");
    const auto& [json, base64] = value;
    if (!json->is_string()) {
      hash.add("null");
    } else if (base64) {
      hash.add("\"").add(json->get_ref<const std::string&>()).add("\"");
    } else {
      add_base64(hash, json->get_ref<const std::string&>());
    }
  }
  hash.add(values.empty() ? "{}" : "}");
}

bool add_kind(Sha256& hash, const std::map<std::string, Part>& parts,
              const WaveHash::Fetch& fetch) {
  std::string_view separator;
  hash.add("{");
  for (const auto& [name, part] : parts) {
    std::optional<std::string> text = fetch(part.object);
    if (!text) return false;
    if (text->empty()) continue;  // Wave leaves out what does not exist
    Parsed object(*text);
    wipe(*text);
    if (!object.is_object()) return false;
    hash.add(separator);
    separator = ",";
    add_string(hash, name);
    hash.add(":");
    add_object(hash, part, *object);
  }
  hash.add("}");
  return true;
}

}  // namespace

std::optional<std::string> WaveHash::of(const std::vector<ConfigReference>& references,
                                        const Fetch& fetch) {
  Sha256 hash;
  hash.add("{\"configMaps\":");
  if (!add_kind(hash, parts_of(references, ConfigKind::config_map), fetch)) return std::nullopt;
  hash.add(",\"secrets\":");
  if (!add_kind(hash, parts_of(references, ConfigKind::secret), fetch)) return std::nullopt;
  return hash.add("}").finish().hex();
}

}  // namespace ebbgate::kubernetes
