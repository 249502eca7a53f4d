#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace ebbgate::feedback {

/// What a peer says to a message.
struct Answer {
  enum class What : std::uint8_t {
    ok,
    rejected,   ///< it does not want this message, now or later
    retryable,  ///< it asks for a later try
    garbage,    ///< it is none; `error` tells why
  };
  What what = What::garbage;
  std::string error;  ///< the peer's own words, cut to a line; garbage: ours
};

/// Reads answers, without taking memory for each. Not thread-safe.
class AnswerReader final {
 public:
  /// `job_id` is that of the message in flight.
  Answer read(std::string_view line, std::string_view job_id);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace ebbgate::feedback
