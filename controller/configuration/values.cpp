#include "controller/configuration/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include "base/text.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/problems.h"
#include "controller/configuration/utf8.h"
#include "controller/governor/policy.h"

namespace ebbgate::configuration {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// 0, or digits that do not begin with 0: what others read as octal is refused.
bool is_plain_whole(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit) &&
         (text.size() == 1 || text.front() != '0');
}

Problem leading_zero(std::string_view text) {
  const bool zeros = text.size() > 1 && std::ranges::all_of(text, is_digit);
  if (!zeros || text.front() != '0') return std::nullopt;
  const std::size_t first = std::min(text.find_first_not_of('0'), text.size() - 1);
  return in_quotes(text) + " begins with a zero; write " + std::string(text.substr(first));
}

struct Unit {
  std::string_view name;
  std::size_t bytes;
};
// The largest first.
constexpr std::array<Unit, 3> kUnits{{{"MiB", std::size_t{1024} * 1024}, {"KiB", 1024}, {"", 1}}};

// As RFC 1123 has it.
bool is_dns_label(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  const auto is_end = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  return !text.empty() && text.size() <= kLongest && is_end(text.front()) && is_end(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_end(c) || c == '-'; });
}

}  // namespace

Problem read_duration(std::string_view text, Duration& value) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return in_quotes(text) + " is no duration; write one such as 500ms, 10s, 1m30s or 1h";
  }
  if (*duration > governor::kLongestDuration) {
    return in_quotes(text) + " is too long; write at most " +
           format_duration(governor::kLongestDuration);
  }
  value = *duration;
  return std::nullopt;
}

Problem read_positive_duration(std::string_view text, Duration& value) {
  Duration duration{};
  if (Problem problem = read_duration(text, duration)) return problem;
  if (duration <= Duration::zero()) {
    return in_quotes(text) + " is too short; write a duration of more than 0";
  }
  value = duration;
  return std::nullopt;
}

Problem read_whole_number(std::string_view text, std::int64_t lowest, std::int64_t highest,
                          std::int64_t& value) {
  if (Problem problem = leading_zero(text)) return problem;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool fits = error == std::errc() && number >= lowest && number <= highest;
  if (!is_plain_whole(text) || !fits) {
    return in_quotes(text) + " does not fit; write a whole number from " + std::to_string(lowest) +
           " to " + std::to_string(highest);
  }
  value = number;
  return std::nullopt;
}

Problem read_number(std::string_view text, double& value) {
  if (Problem problem = leading_zero(text)) return problem;
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view("0") : digits.substr(point + 1);
  const bool well_formed = is_plain_whole(digits.substr(0, point)) && !fraction.empty() &&
                           std::ranges::all_of(fraction, is_digit);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (!well_formed || error != std::errc()) {
    return in_quotes(text) + " is no number; write one such as 2 or 1.5";
  }
  value = number;
  return std::nullopt;
}

Problem read_size(std::string_view text, std::size_t lowest, std::size_t highest,
                  std::size_t& value) {
  const auto unit =
      std::ranges::find_if(kUnits, [&](const Unit& each) { return text.ends_with(each.name); });
  const std::string_view digits = text.substr(0, text.size() - unit->name.size());
  if (Problem problem = leading_zero(digits)) return problem;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (!is_plain_whole(digits)) {
    return in_quotes(text) + " is no size; write bytes, or a number with KiB or MiB, such as 64KiB";
  }
  if (error != std::errc() || number > highest / unit->bytes || number * unit->bytes < lowest) {
    return in_quotes(text) + " does not fit; write a size from " + size_text(lowest) + " to " +
           size_text(highest);
  }
  value = number * unit->bytes;
  return std::nullopt;
}

Problem read_file_size(std::string_view text, std::size_t& value) {
  constexpr std::size_t kSmallest = 1024;
  constexpr std::size_t kLargest = std::size_t{1024} * 1024 * 1024;
  return read_size(text, kSmallest, kLargest, value);
}

std::string size_text(std::size_t size) {
  const auto unit = std::ranges::find_if(
      kUnits, [&](const Unit& each) { return size >= each.bytes && size % each.bytes == 0; });
  return unit == kUnits.end() ? "0" : std::to_string(size / unit->bytes) + std::string(unit->name);
}

Problem read_choice(std::string_view text, const std::vector<std::string>& words,
                    std::size_t& value) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return in_quotes(text) + " is unknown; write " + any_of(words);
  value = static_cast<std::size_t>(found - words.begin());
  return std::nullopt;
}

Problem read_switch(std::string_view text, bool& value) {
  std::size_t index = 0;
  Problem problem = read_choice(text, {"false", "true"}, index);
  if (!problem) value = index == 1;
  return problem;
}

Problem read_hold(std::string_view text, governor::Hold& value) {
  if (text == "true" || text == "false") {
    value = governor::Hold();
    value.held = text == "true";
    return std::nullopt;
  }
  const auto time = parse_time(text);
  if (!time) {
    return in_quotes(text) +
           " is neither true, false nor a time; write a time as 2026-12-24T18:00:00Z";
  }
  value = governor::Hold();
  value.held = true;
  value.until = *time;
  return std::nullopt;
}

Problem read_signal(std::string_view text, int& value) {
  std::string_view name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known != nullptr && name == known) {
      value = signal;
      return std::nullopt;
    }
  }
  return in_quotes(text) + " is no signal; write its name, such as HUP, USR1 or TERM";
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? std::to_string(signal) : name;
}

Problem read_mode(std::string_view text, std::optional<std::uint32_t>& value) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!text.empty() && (!whole || text.size() < 3 || text.size() > 4)) {
    return in_quotes(text) + " is no mode; write three or four octal digits, such as 0600";
  }
  value = text.empty() ? std::nullopt : std::optional(mode);
  return std::nullopt;
}

std::string mode_text(const std::optional<std::uint32_t>& mode) {
  if (!mode) return {};
  std::string text;
  for (const int shift : {9, 6, 3, 0}) text += static_cast<char>('0' + (*mode >> shift & 7U));
  return text;
}

Problem read_owner(std::string_view text, std::string& value) {
  const auto unusual = [](char c) { return c == ':' || c == '/' || c == ' '; };
  if (text.starts_with('-') || std::ranges::any_of(text, unusual) || has_control_character(text)) {
    return in_quotes(text) + " is no user; write a user's name or number";
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // The last number stands for nobody in chown(2).
  const bool too_large = error == std::errc::result_out_of_range || number == ~std::uint32_t{0};
  if (!text.empty() && std::ranges::all_of(text, is_digit) && too_large) {
    return in_quotes(text) + " is no user's number; write one of at most 4294967294";
  }
  value = text;
  return std::nullopt;
}

Problem read_path(std::string_view text, std::string& value) {
  if (text.empty()) return "is empty; name a file or folder";
  if (text.find('\0') != std::string_view::npos) {
    return in_quotes(text) + " has a NUL character; remove it";
  }
  value = text;
  return std::nullopt;
}

Problem read_name(std::string_view text, std::string& value) {
  constexpr std::size_t kLongest = 253;
  if (text.empty()) return "is empty; write a name";
  if (text.find('/') != std::string_view::npos) {
    return in_quotes(text) + " has a slash; write a name without /";
  }
  if (has_control_character(text)) {
    return in_quotes(text) + " has a control character; write a name of printable characters";
  }
  if (text.size() > kLongest) {
    return in_quotes(text) + " is too long; write at most " + std::to_string(kLongest) + " bytes";
  }
  value = text;
  return std::nullopt;
}

Problem read_line(std::string_view text, std::string& value) {
  if (has_control_character(text)) {
    return in_quotes(text) + " has a control character; write one line of printable characters";
  }
  value = text;
  return std::nullopt;
}

Problem read_namespace(std::string_view text, std::string& value) {
  if (!is_dns_label(text)) {
    return in_quotes(text) +
           " is no namespace; write at most 63 of a-z, 0-9 and -, with a letter or digit at both "
           "ends";
  }
  value = text;
  return std::nullopt;
}

Problem read_object_name(std::string_view text, std::string& value) {
  constexpr std::size_t kLongest = 253;
  bool valid = text.size() <= kLongest;
  for (std::size_t begin = 0; valid && begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    valid = is_dns_label(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (!valid) {
    return in_quotes(text) +
           " is no name of an object; write parts of a-z, 0-9 and -, with dots between";
  }
  value = text;
  return std::nullopt;
}

Problem read_glob(std::string_view text, std::string& value) {
  if (text.empty()) return "is empty; write a pattern such as *.swp";
  if (text.find('/') != std::string_view::npos) {
    return in_quotes(text) + " has a slash; a pattern is for one name, such as *.swp";
  }
  if (has_control_character(text)) {
    return in_quotes(text) + " has a control character; write a pattern of printable characters";
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (++i == text.size()) {
        return in_quotes(text) + " ends with a single backslash; write it twice, or remove it";
      }
    } else if (text[i] == '[') {
      // A ] at the beginning of the set (after ! or ^) belongs to it.
      std::size_t begin = i + 1;
      if (begin < text.size() && (text[begin] == '!' || text[begin] == '^')) ++begin;
      i = text.find(']', begin + 1);
      if (i == std::string_view::npos) {
        return in_quotes(text) + " has a [ without its ]; close it, or write \\[";
      }
    }
  }
  value = text;
  return std::nullopt;
}

std::string number_text(double value) {
  std::array<char, 400> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end};
}

}  // namespace ebbgate::configuration
