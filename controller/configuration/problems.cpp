#include "controller/configuration/problems.h"

#include <algorithm>
#include <tuple>

#include "controller/configuration/utf8.h"

namespace ebbgate::configuration {

void Problems::add(const Place& place, std::string_view key, std::string_view message) {
  problems_.push_back({place, at(place, key) + ": " + std::string(message)});
  // Bounded while they come, and not sorted for each.
  if (problems_.size() > 2 * kMostProblems) shorten();
}

void Problems::shorten() {
  std::ranges::stable_sort(problems_, [](const Problem& left, const Problem& right) {
    return std::tie(left.place.kind, left.place.line) <
           std::tie(right.place.kind, right.place.line);
  });
  if (problems_.size() <= kMostProblems) return;
  forgotten_ += problems_.size() - kMostProblems;
  problems_.resize(kMostProblems);
}

std::string Problems::at(const Place& place, std::string_view key) const {
  switch (place.kind) {
    case Place::Kind::file:
      return at_line(place.line, key);
    case Place::Kind::variable:
      return variable_name(key);
    case Place::Kind::flag:
      return "--" + std::string(key);
    case Place::Kind::built_in:
      break;
  }
  return std::string(key);
}

std::string Problems::at_line(int line, std::string_view key) const {
  const std::string text = file_ + ":" + std::to_string(line);
  return key.empty() ? text : text + ": " + std::string(key);
}

void Problems::in_file(int line, std::string_view key, std::string_view message) {
  add({Place::Kind::file, line}, key, message);
}

std::vector<std::string> Problems::texts() {
  shorten();
  std::vector<std::string> texts;
  for (const Problem& problem : problems_) texts.push_back(problem.text);
  if (forgotten_ > 0) {
    texts.push_back("and " + std::to_string(forgotten_) + " more problems; mend these first");
  }
  return texts;
}

std::string variable_name(std::string_view key) {
  std::string name = "EBBGATE_";
  for (const char c : key) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  const bool is_utf8 = !first_line_not_utf8(text);
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_utf8)) {
      result += "\\x";
      result += kHexadecimal[byte >> 4];
      result += kHexadecimal[byte & 15];
    } else {
      result += c;
    }
  }
  return result;
}

std::string in_quotes(std::string_view value) {
  std::size_t end = std::min<std::size_t>(value.size(), 60);
  // Cut between characters only.
  while (end < value.size() && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) ++end;
  return "\"" + escaped(value.substr(0, end)) + (end < value.size() ? "…\"" : "\"");
}

}  // namespace ebbgate::configuration
