#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::configuration {

/// Where a value comes from.
struct Place {
  enum class Kind { built_in, file, variable, flag };
  Kind kind = Kind::built_in;
  int line = 0;  ///< of the file
};

/// So many problems are told one by one, and so many warnings.
inline constexpr std::size_t kMostProblems = 100;

/// What is wrong with a configuration, gathered from everywhere before anything is said.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  /// `message` says what is wrong; and what would be right. `key` is the whole path of a setting;
  /// it is empty for the file as such.
  void add(const Place& place, std::string_view key, std::string_view message);
  void in_file(int line, std::string_view key, std::string_view message);

  /// `FILE:LINE: KEY`.
  std::string at_line(int line, std::string_view key) const;
  /// The same, or the variable or flag that `key` comes from.
  std::string at(const Place& place, std::string_view key) const;

  bool empty() const { return problems_.empty(); }
  /// `FILE:LINE: KEY: message` by line, then those of variables, then those of flags: the first
  /// ones, and then how many more there are.
  std::vector<std::string> texts();

 private:
  struct Problem {
    Place place;
    std::string text;
  };
  // Forgets all but the first ones.
  void shorten();

  std::string file_;
  std::size_t forgotten_ = 0;
  std::vector<Problem> problems_;
};

/// `EBBGATE_BACKOFF_MAX` of `backoff.max`.
std::string variable_name(std::string_view key);

/// `text` in one line: control characters and what is not UTF-8 as `\x0a`.
std::string escaped(std::string_view text);

/// A value in quotes for a message, escaped; what is long is cut short.
std::string in_quotes(std::string_view value);

}  // namespace ebbgate::configuration
