#include "controller/feedback/message.h"

#include <algorithm>
#include <utility>

#include "controller/feedback/message_checker.h"

namespace ebbgate::feedback {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string without_space(std::string_view json) {
  std::string compact;
  compact.reserve(json.size());
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && kSpace.find(c) != kSpace.npos) continue;
    compact += c;
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') compact += json[++i];
  }
  return compact;
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

// Whether one object goes on over several lines: then the first of them ends too early, and the
// second one begins no object.
bool is_spread(std::string_view body) {
  const std::string_view first = first_line(body);
  if (first.size() == body.size()) return false;
  const std::string_view rest = body.substr(first.size());
  const std::size_t next = rest.find_first_not_of(kSpace);
  if (next == rest.npos || rest[next] == '{') return false;
  MessageChecker checker;
  return !checker.check(first) && checker.broken_at() && *checker.broken_at() > first.size();
}

std::variant<Message, WrongMessage> parse_message(std::string_view text, std::size_t max_message) {
  if (text.find_first_not_of(kSpace) == text.npos) {
    return WrongMessage{1, "is empty: must be a JSON object"};
  }
  MessageChecker checker;
  if (!checker.check(text)) {
    const auto read = text.substr(0, checker.broken_at().value_or(0));
    const auto line = 1 + std::count(read.begin(), read.end(), '\n');
    return WrongMessage{static_cast<std::size_t>(line), checker.problem()};
  }
  Message message{checker.job_id(), without_space(text)};
  if (message.line.size() > max_message) {
    return WrongMessage{1, "must not have more than " + std::to_string(max_message) +
                               " bytes (max_message), but has " +
                               std::to_string(message.line.size())};
  }
  return message;
}

}  // namespace

std::variant<std::vector<Message>, WrongMessage> parse_messages(std::string_view body,
                                                                std::size_t max_message) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  const bool spread = is_spread(body);
  std::vector<Message> messages;
  for (std::size_t number = 1;; ++number) {
    const std::string_view line = spread ? body : first_line(body);
    auto parsed = parse_message(line, max_message);
    if (auto* wrong = std::get_if<WrongMessage>(&parsed)) {
      wrong->line += number - 1;
      return std::move(*wrong);
    }
    messages.push_back(std::move(std::get<Message>(parsed)));
    if (line.size() == body.size()) return messages;
    body.remove_prefix(line.size() + 1);
  }
}

}  // namespace ebbgate::feedback
