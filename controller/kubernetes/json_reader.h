#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

namespace ebbgate::kubernetes {

/// Reads values of a document that simdjson iterates over. Whatever a function makes of a value,
/// false (or nothing) says that it is malformed or of the wrong type, after which no more of the
/// document may be read. Texts are unescaped into their receivers alone, so that the parser, which
/// lives on, has no copy of them.
class JsonReader final {
 public:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;

  /// The parser must be the one that iterates, and outlive the reader.
  explicit JsonReader(const simdjson::ondemand::parser& parser) : parser_(parser) {}

  static bool is_null(Value value);
  /// A string as it was sent, without its quotes; valid as long as the document.
  static std::optional<std::string_view> raw_text(Value value);
  /// Whether a raw text is not yet what it means.
  static bool is_escaped(std::string_view raw) { return raw.find('\\') != raw.npos; }
  /// What unescape() needs at `to`.
  static std::size_t room_to_unescape(std::string_view raw);
  /// Unescapes a raw text to `to`, and tells how long it is.
  std::optional<std::size_t> unescape(std::string_view raw, char* to) const;

  /// Null reads as an empty string, false or 0, as Go has it.
  bool read(Value value, std::string& text) const;
  static bool read(Value value, bool& flag);
  static bool read(Value value, std::int64_t& number);
  static bool read(Value value, std::int32_t& number);

  /// Calls `each(key, value)`, which returns bool, for each member of an object that has not been
  /// read from, or was reset; keys are valid during the call.
  template <class Each>
  bool members(Object& object, const Each& each) const;
  /// The same of a value; null has no members.
  template <class Each>
  bool members(Value value, const Each& each) const;
  /// Calls `each(value)` for each element of an array; null has none.
  template <class Each>
  static bool elements(Value value, const Each& each);

 private:
  bool read_raw(std::string_view raw, std::string& text) const;
  static std::string_view raw_key(simdjson::ondemand::raw_json_string key);

  const simdjson::ondemand::parser& parser_;
};

template <class Each>
bool JsonReader::members(Object& object, const Each& each) const {
  for (auto member : object) {
    simdjson::ondemand::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    const std::string_view raw = raw_key(field.key());
    if (is_escaped(raw)) {
      std::string key;
      if (!read_raw(raw, key) || !each(std::string_view(key), field.value())) return false;
    } else if (!each(raw, field.value())) {
      return false;
    }
  }
  return true;
}

template <class Each>
bool JsonReader::members(Value value, const Each& each) const {
  if (is_null(value)) return true;
  Object object;
  return value.get_object().get(object) == simdjson::SUCCESS && members(object, each);
}

template <class Each>
bool JsonReader::elements(Value value, const Each& each) {
  if (is_null(value)) return true;
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto element : array) {
    Value item;
    if (element.get(item) != simdjson::SUCCESS || !each(item)) return false;
  }
  return true;
}

}  // namespace ebbgate::kubernetes
