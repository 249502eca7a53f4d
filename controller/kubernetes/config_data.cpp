#include "controller/kubernetes/config_data.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/digest.h"
#include "controller/kubernetes/object_metadata.h"

namespace ebbgate::kubernetes {

namespace {

constexpr std::string_view kIgnore = "ebbgate.io/ignore";

// Room for a value in the clear, wiped whatever happens.
class Clearing final {
 public:
  explicit Clearing(std::size_t size) : bytes_(size, '\0') {}
  ~Clearing() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Clearing(const Clearing&) = delete;
  Clearing& operator=(const Clearing&) = delete;

  char* data() { return bytes_.data(); }
  std::string_view first(std::size_t count) const { return {bytes_.data(), count}; }

 private:
  std::string bytes_;
};

// Of what is no value: never that of a value.
Digest malformed_digest(std::string_view sent) {
  return Sha256().add_field("malformed").add_field(sent).finish();
}

Digest base64_digest(std::string_view text) {
  if (text.empty()) return sha256({});
  // OpenSSL takes '=' for a digit, and passes over blanks at both ends.
  const std::size_t digits = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - digits;
  const std::size_t expected = text.size() / 4 * 3;
  if (text.size() % 4 != 0 || padding > 2 || text.find_first_not_of('=', digits) != text.npos ||
      text.size() > std::numeric_limits<int>::max()) {
    return malformed_digest(text);
  }
  Clearing decoded(expected);
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0 || static_cast<std::size_t>(length) != expected) return malformed_digest(text);
  return sha256(decoded.first(expected - padding));
}

Digest value_digest(const JsonReader& reader, JsonReader::Value value, bool base64) {
  if (JsonReader::is_null(value)) return sha256({});
  const auto raw = JsonReader::raw_text(value);
  if (!raw) return malformed_digest(value.raw_json_token());
  const auto digest = [&](std::string_view text) {
    return base64 ? base64_digest(text) : sha256(text);
  };
  if (!JsonReader::is_escaped(*raw)) return digest(*raw);
  Clearing unescaped(JsonReader::room_to_unescape(*raw));
  const auto length = reader.unescape(*raw, unescaped.data());
  return length ? digest(unescaped.first(*length)) : malformed_digest(*raw);
}

bool read_values(const JsonReader& reader, JsonReader::Value values, bool base64,
                 ConfigObject& config) {
  return reader.members(values, [&](std::string_view key, JsonReader::Value value) {
    std::string name(key);
    if (config.interest.whole || config.interest.keys.contains(name)) {
      config.keys.emplace_back(std::move(name), value_digest(reader, value, base64));
    }
    return true;
  });
}

Digest whole_digest(const std::vector<std::pair<std::string, Digest>>& keys) {
  Sha256 whole;
  for (const auto& [key, digest] : keys) {
    whole.add_field(key);
    whole.add_field({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
  }
  return whole.finish();
}

bool read_data(const JsonReader& reader, JsonReader::Object& object, ConfigObject& config) {
  const bool secret = config.name.kind == ConfigKind::secret;
  bool any = false;
  if (object.reset().get(any) != simdjson::SUCCESS) return false;
  const bool read = reader.members(object, [&](std::string_view key, JsonReader::Value value) {
    if (key == "data") return read_values(reader, value, secret, config);
    if (key == "binaryData" && !secret) return read_values(reader, value, true, config);
    return true;
  });
  if (!read) return false;
  std::ranges::sort(config.keys);
  if (config.interest.whole) {
    config.whole = whole_digest(config.keys);
    std::erase_if(config.keys,
                  [&](const auto& key) { return !config.interest.keys.contains(key.first); });
  }
  return true;
}

}  // namespace

std::optional<ConfigReading> read_config(const JsonReader& reader, JsonReader::Object object,
                                         ConfigKind kind, const InterestOf& interest,
                                         bool with_data) {
  auto metadata =
      read_metadata(reader, object, [](std::string_view key) { return key == kIgnore; });
  if (!metadata) return std::nullopt;
  ConfigReading reading;
  reading.resource_version = metadata->resource_version;
  ConfigObject config;
  config.name = {kind, std::move(metadata->namespace_name), std::move(metadata->name)};
  config.interest = interest(config.name);
  if (config.interest.empty()) return reading;
  config.resource_version = metadata->resource_version;
  const auto ignore = metadata->annotations.find(kIgnore);
  config.ignored = ignore != metadata->annotations.end() && ignore->second == "true";
  if (with_data && !read_data(reader, object, config)) return std::nullopt;
  reading.object = std::move(config);
  return reading;
}

}  // namespace ebbgate::kubernetes
