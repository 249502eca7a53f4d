#include "tests/unit/metrics/exposition_text.h"

#include <charconv>
#include <limits>
#include <regex>
#include <set>
#include <stdexcept>

namespace ebbgate::metrics::test {

namespace {

[[noreturn]] void fail(const std::string& what, std::string_view line) {
  throw std::runtime_error(what + ": " + std::string(line));
}

bool is_name(const std::string& name) {
  static const std::regex kName("[a-zA-Z_:][a-zA-Z0-9_:]*");
  return std::regex_match(name, kName);
}

std::string word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  std::string found(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return found;
}

std::map<std::string, std::string> parse_labels(std::string_view& rest, std::string_view line) {
  std::map<std::string, std::string> labels;
  rest.remove_prefix(1);
  while (!rest.starts_with('}')) {
    const std::size_t equals = rest.find("=\"");
    if (equals == rest.npos) fail("labels", line);
    const std::string name(rest.substr(0, equals));
    if (!is_name(name)) fail("label name", line);
    rest.remove_prefix(equals + 2);
    std::string value;
    while (!rest.starts_with('"')) {
      if (rest.empty()) fail("label value without an end", line);
      char c = rest.front();
      if (c == '\\') {
        rest.remove_prefix(1);
        if (rest.empty()) fail("escape", line);
        c = rest.front();
        if (c == 'n') {
          c = '\n';
        } else if (c != '\\' && c != '"') {
          fail("unknown escape", line);
        }
      }
      value += c;
      rest.remove_prefix(1);
    }
    rest.remove_prefix(1);
    if (!labels.emplace(name, value).second) fail("a label twice", line);
    if (rest.starts_with(',')) {
      rest.remove_prefix(1);
    } else if (!rest.starts_with('}')) {
      fail("after a label", line);
    }
  }
  rest.remove_prefix(1);
  return labels;
}

double parse_value(const std::string& text, std::string_view line) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) fail("value", line);
  return value;
}

bool belongs(const std::string& sample, const std::string& family, const std::string& type) {
  if (sample == family) return type != "histogram";
  return type == "histogram" &&
         (sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count");
}

}  // namespace

std::map<std::string, Family> parse_exposition(std::string_view text) {
  if (!text.ends_with('\n')) fail("no newline at the end", "");
  std::map<std::string, Family> families;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
  std::string name;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    std::string_view rest = line;
    if (line.starts_with("# HELP ")) {
      rest.remove_prefix(7);
      name = word(rest);
      if (!is_name(name) || rest.empty()) fail("HELP", line);
      if (!families.emplace(name, Family{std::string(rest), "", {}}).second) {
        fail("a family twice", line);
      }
      continue;
    }
    if (name.empty()) fail("before any HELP", line);
    Family& family = families[name];
    if (line.starts_with("# TYPE ")) {
      rest.remove_prefix(7);
      if (word(rest) != name || !family.type.empty() || !family.samples.empty()) {
        fail("TYPE", line);
      }
      family.type = rest;
      if (family.type != "counter" && family.type != "gauge" && family.type != "histogram") {
        fail("type", line);
      }
      continue;
    }
    Sample sample;
    const std::size_t end = rest.find_first_of("{ ");
    if (end == rest.npos) fail("sample", line);
    sample.name = rest.substr(0, end);
    rest.remove_prefix(end);
    if (family.type.empty() || !belongs(sample.name, name, family.type)) {
      fail("a sample outside of its family", line);
    }
    if (rest.starts_with('{')) sample.labels = parse_labels(rest, line);
    if (!rest.starts_with(' ')) fail("no space before the value", line);
    sample.value = parse_value(std::string(rest.substr(1)), line);
    if (!seen.emplace(sample.name, sample.labels).second) fail("a series twice", line);
    family.samples.push_back(std::move(sample));
  }
  return families;
}

}  // namespace ebbgate::metrics::test
