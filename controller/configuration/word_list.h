#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/configuration/map_reader.h"

namespace ebbgate::configuration {

/// The items of a list of single values that `read` takes: called with an item's text, it returns a
/// Problem. Those that it does not take, and a second one of the same text, are reported.
template <class Read>
std::vector<std::string> read_words(const Entry& list, const std::string& path, Problems& problems,
                                    Read read) {
  std::vector<std::string> words;
  std::map<std::string, int> lines;
  const auto& items = MapReader::list(list, path, problems);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Entry item{items[i], items[i]->line};
    const std::string item_key = item_path(path, i);
    const std::string* text = MapReader::scalar(item, item_key, problems);
    if (text == nullptr) continue;
    if (const Problem wrong = read(*text)) {
      problems.in_file(item.line, item_key, *wrong);
      continue;
    }
    const auto [found, is_new] = lines.try_emplace(*text, item.line);
    if (is_new) {
      words.push_back(*text);
    } else {
      problems.in_file(item.line, item_key,
                       in_quotes(*text) + " is listed twice, first in line " +
                           std::to_string(found->second) + "; keep one of them");
    }
  }
  return words;
}

}  // namespace ebbgate::configuration
