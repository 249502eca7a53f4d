#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/configuration/document.h"
#include "controller/configuration/problems.h"
#include "controller/configuration/values.h"

namespace ebbgate::configuration {

/// A value in the file and the line of its key.
struct Entry {
  const Node* node = nullptr;
  int line = 0;

  explicit operator bool() const { return node != nullptr; }
};

/// The entries of one map, by key. What is no map, a key given twice and an unknown key are
/// reported at construction.
class MapReader {
 public:
  /// `path` is the key of the map itself, empty for the file's root. The document and `problems`
  /// must outlive the reader. Without `known` any key will do; those of `others` are no problem
  /// here because the caller says something of them.
  MapReader(const Entry& map, std::string path, const std::vector<std::string>& known,
            Problems& problems, const std::vector<std::string>& others = {});

  /// The value of a known key; empty when it is not given.
  Entry find(std::string_view key) const;
  /// The whole path of a key of this map.
  std::string path_of(std::string_view key) const;
  /// The line of the map.
  int line() const { return line_; }
  /// What is given, known or not, in the order of the keys.
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

  void problem(std::string_view key, std::string_view message) const;

  /// The value of a key whose text `read_text` takes (see values.h); false when it is not given or
  /// wrong, which is reported.
  template <class Read, class Value>
  bool read(std::string_view key, Read read_text, Value& value) const {
    const Entry entry = find(key);
    const std::string* text = entry ? scalar(entry, path_of(key), problems_) : nullptr;
    if (text == nullptr) return false;
    const Problem wrong = read_text(*text, value);
    if (wrong) problem(key, *wrong);
    return !wrong;
  }

  /// The text of a single value; null when it is something else, which is reported.
  static const std::string* scalar(const Entry& entry, std::string_view path, Problems& problems);
  /// The items of a list; none when it is something else, which is reported.
  static const std::vector<const Node*>& list(const Entry& entry, std::string_view path,
                                              Problems& problems);

 private:
  void unknown(const std::string& key, int line, const std::vector<std::string>& known) const;

  std::string path_;
  int line_;
  std::map<std::string, Entry, std::less<>> entries_;
  Problems& problems_;
};

/// `path[index]`.
std::string item_path(std::string_view path, std::size_t index);

}  // namespace ebbgate::configuration
