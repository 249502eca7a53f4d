#include "controller/kubernetes/wave_hash.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "controller/kubernetes/json_reader.h"

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

// What the API server sent, with room for the parser, wiped whatever happens.
class Document final {
 public:
  explicit Document(std::string sent) {
    text_.reserve(sent.size() + simdjson::SIMDJSON_PADDING);
    text_ = sent;
    wipe(sent);
  }
  ~Document() { wipe(text_); }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  simdjson::padded_string_view view() const {
    return simdjson::padded_string_view(text_, text_.capacity());
  }

 private:
  std::string text_;
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

void add_base64(Sha256& hash, std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  hash.add("\"").add({text.data(), text.size() - 1}).add("\"");
  wipe(text);
}

// A value as it was sent, within the document; nothing: it is null.
struct Value {
  std::optional<std::string_view> raw;
  bool base64 = false;  // it stands so already
};
using Values = std::map<std::string, Value>;

bool gather(const JsonReader& reader, JsonReader::Object& object, const Part& part,
            Values& values) {
  const bool is_secret = part.object.kind == ConfigKind::secret;
  return reader.members(object, [&](std::string_view member, JsonReader::Value content) {
    const bool is_binary = member == "binaryData" && !is_secret;
    if (member != "data" && !is_binary) return true;
    return reader.members(content, [&](std::string_view key, JsonReader::Value value) {
      std::string name(key);
      if (!part.whole && part.keys.count(name) == 0) return true;
      const Value read{JsonReader::raw_text(value), is_secret || is_binary};
      if (!read.raw && !JsonReader::is_null(value)) return false;
      values.emplace(std::move(name), read);
      return true;
    });
  });
}

bool add_value(Sha256& hash, const JsonReader& reader, const Value& value) {
  if (!value.raw) {
    hash.add(value.base64 ? "null" : "\"\"");
    return true;
  }
  if (value.base64) {
    hash.add("\"").add(*value.raw).add("\"");
    return true;
  }
  std::string text(JsonReader::room_to_unescape(*value.raw), '\0');
  const auto length = reader.unescape(*value.raw, text.data());
  if (length) add_base64(hash, {text.data(), *length});
  wipe(text);
  return length.has_value();
}

bool add_object(Sha256& hash, const Part& part, std::string sent) {
  const Document text(std::move(sent));
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  JsonReader::Object object;
  if (parser.iterate(text.view()).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  const JsonReader reader(parser);
  Values values;
  if (!gather(reader, object, part, values)) return false;
  // Wave hashes a whole Secret's data as they are, also where there are none.
  if (values.empty()) {
    hash.add(part.whole && part.object.kind == ConfigKind::secret ? "null" : "{}");
    return true;
  }
  std::string_view separator = "{";
  for (const auto& [key, value] : values) {
    hash.add(separator);
    separator = ",";
    add_string(hash, key);
    hash.add(":");
    if (!add_value(hash, reader, value)) return false;
  }
  hash.add("}");
  return true;
}

bool add_kind(Sha256& hash, const std::map<std::string, Part>& parts,
              const WaveHash::Fetch& fetch) {
  std::string_view separator;
  hash.add("{");
  for (const auto& [name, part] : parts) {
    std::optional<std::string> text = fetch(part.object);
    if (!text) return false;
    if (text->empty()) continue;  // Wave leaves out what does not exist
    hash.add(separator);
    separator = ",";
    add_string(hash, name);
    hash.add(":");
    if (!add_object(hash, part, std::move(*text))) return false;
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
