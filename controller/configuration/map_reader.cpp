#include "controller/configuration/map_reader.h"

#include <algorithm>

#include "controller/configuration/nearest.h"

namespace ebbgate::configuration {

MapReader::MapReader(const Entry& map, std::string path, const std::vector<std::string>& known,
                     Problems& problems, const std::vector<std::string>& others)
    : path_(std::move(path)), line_(map.line), problems_(problems) {
  // A section whose keys are all commented out holds nothing.
  if (map.node == nullptr || map.node->kind == Node::Kind::nothing) return;
  if (map.node->kind != Node::Kind::map) {
    const std::string right = known.empty() ? "names and values" : any_of(known);
    problems_.in_file(line_, path_,
                      "is " + std::string(map.node->kind_name()) + "; write a map with " + right);
    return;
  }
  for (const auto& [key, value] : map.node->entries) {
    if (key->kind != Node::Kind::scalar) {
      problems_.in_file(key->line, path_,
                        "has " + std::string(key->kind_name()) + " as a key; write a name");
      continue;
    }
    const auto [found, is_new] = entries_.try_emplace(key->text, Entry{value, key->line});
    if (!is_new) {
      problems_.in_file(key->line, path_of(key->text),
                        "is given twice, first in line " + std::to_string(found->second.line) +
                            "; keep one of them");
    } else if (!known.empty() && std::ranges::find(known, key->text) == known.end() &&
               std::ranges::find(others, key->text) == others.end()) {
      unknown(key->text, key->line, known);
    }
  }
}

Entry MapReader::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? Entry{} : found->second;
}

std::string MapReader::path_of(std::string_view key) const {
  const std::string plain(key);
  constexpr std::size_t kLongest = 253;
  const bool usual = plain.size() <= kLongest && escaped(key) == plain;
  const std::string shown = usual ? plain : in_quotes(key);
  return path_.empty() ? shown : path_ + "." + shown;
}

void MapReader::problem(std::string_view key, std::string_view message) const {
  const Entry entry = find(key);
  problems_.in_file(entry ? entry.line : line_, path_of(key), message);
}

void MapReader::unknown(const std::string& key, int line,
                        const std::vector<std::string>& known) const {
  const std::string near = nearest(key, known);
  const std::string right =
      near.empty() ? "write one of " + any_of(known) : "did you mean " + path_of(near) + "?";
  problems_.in_file(line, path_of(key), "is an unknown key; " + right);
}

const std::string* MapReader::scalar(const Entry& entry, std::string_view path,
                                     Problems& problems) {
  if (entry.node->kind == Node::Kind::scalar) return &entry.node->text;
  if (entry.node->kind == Node::Kind::nothing) {
    problems.in_file(entry.line, path, "has no value; write one, or remove the key");
  } else {
    problems.in_file(entry.line, path,
                     "is " + std::string(entry.node->kind_name()) + "; write a single value");
  }
  return nullptr;
}

const std::vector<const Node*>& MapReader::list(const Entry& entry, std::string_view path,
                                                Problems& problems) {
  static const std::vector<const Node*> none;
  if (entry.node->kind == Node::Kind::list) return entry.node->items;
  if (entry.node->kind != Node::Kind::nothing) {
    problems.in_file(
        entry.line, path,
        "is " + std::string(entry.node->kind_name()) + "; write a list, such as [a, b]");
  }
  return none;
}

std::string item_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace ebbgate::configuration
