#include "controller/kubernetes/json_reader.h"

#include <limits>

namespace ebbgate::kubernetes {

namespace {

// simdjson writes whole blocks.
constexpr std::size_t kBlock = simdjson::SIMDJSON_PADDING;

}  // namespace

bool JsonReader::is_null(Value value) {
  simdjson::ondemand::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == simdjson::ondemand::json_type::null;
}

std::optional<std::string_view> JsonReader::raw_text(Value value) {
  const std::string_view token = value.raw_json_token();
  const std::size_t end = token.rfind('"');
  if (!token.starts_with('"') || end == 0) return std::nullopt;
  return token.substr(1, end - 1);
}

std::string_view JsonReader::raw_key(simdjson::ondemand::raw_json_string key) {
  const char* const begin = key.raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::size_t JsonReader::room_to_unescape(std::string_view raw) {
  return raw.size() + kBlock;
}

std::optional<std::size_t> JsonReader::unescape(std::string_view raw, char* to) const {
  auto* end = reinterpret_cast<std::uint8_t*>(to);
  const simdjson::ondemand::raw_json_string text(reinterpret_cast<const std::uint8_t*>(raw.data()));
  std::string_view unescaped;
  if (parser_.unescape(text, end).get(unescaped) != simdjson::SUCCESS) return std::nullopt;
  return unescaped.size();
}

bool JsonReader::read_raw(std::string_view raw, std::string& text) const {
  if (!is_escaped(raw)) {
    text.assign(raw);
    return true;
  }
  text.resize(room_to_unescape(raw));
  const auto length = unescape(raw, text.data());
  text.resize(length.value_or(0));
  return length.has_value();
}

bool JsonReader::read(Value value, std::string& text) const {
  text.clear();
  if (is_null(value)) return true;
  const auto raw = raw_text(value);
  return raw && read_raw(*raw, text);
}

bool JsonReader::read(Value value, bool& flag) {
  flag = false;
  return is_null(value) || value.get_bool().get(flag) == simdjson::SUCCESS;
}

bool JsonReader::read(Value value, std::int64_t& number) {
  number = 0;
  return is_null(value) || value.get_int64().get(number) == simdjson::SUCCESS;
}

bool JsonReader::read(Value value, std::int32_t& number) {
  std::int64_t wide = 0;
  if (!read(value, wide) || wide < std::numeric_limits<std::int32_t>::min() ||
      wide > std::numeric_limits<std::int32_t>::max()) {
    return false;
  }
  number = static_cast<std::int32_t>(wide);
  return true;
}

}  // namespace ebbgate::kubernetes
