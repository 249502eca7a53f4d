#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ebbgate::feedback {

/// Bytes of a job_id, at most.
inline constexpr std::size_t kLongestJobId = 256;

/// What is sent to a peer: one JSON object.
struct Message {
  std::string job_id;
  std::string line;  ///< compact JSON, without a newline
  bool operator==(const Message&) const = default;
};

/// What is wrong with messages, and how it would be right.
struct WrongMessage {
  std::size_t line = 0;  ///< from 1
  std::string what;
};

/// Reads what a producer sends: one JSON object, on one line or several, or one object a line. Of a
/// message `max_message` bytes are allowed, counted without white space around its tokens; members
/// that are not known pass through as they are, numbers to the last digit.
std::variant<std::vector<Message>, WrongMessage> parse_messages(std::string_view body,
                                                                std::size_t max_message);

}  // namespace ebbgate::feedback
