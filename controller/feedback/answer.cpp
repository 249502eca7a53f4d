#include "controller/feedback/answer.h"

#include <algorithm>

namespace ebbgate::feedback {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kLongestError = 200;

Answer garbage(const char* why) {
  return {Answer::What::garbage, why};
}

bool has(const object& answer, std::string_view key, element& value) {
  return answer.at_key(key).get(value) == SUCCESS && !value.is_null();
}

std::string one_line(std::string_view text) {
  std::size_t length = std::min(text.size(), kLongestError);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  while (length > 0 && length < text.size() && continues(text[length])) --length;
  std::string line(text.substr(0, length));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return line;
}

}  // namespace

Answer AnswerReader::read(std::string_view line, std::string_view job_id) {
  object answer;
  if (parser_.parse(line.data(), line.size()).get(answer) != SUCCESS) {
    return garbage("the answer is not a JSON object");
  }
  element value;
  bool ok = false;
  if (!has(answer, "ok", value) || value.get(ok) != SUCCESS) {
    return garbage("the answer has no ok that is true or false");
  }
  if (has(answer, "job_id", value)) {
    std::string_view answered;
    if (value.get(answered) != SUCCESS || answered != job_id) {
      return garbage("the answer is to another job_id");
    }
  }
  if (ok) return {Answer::What::ok, {}};
  bool retryable = false;
  if (has(answer, "retryable", value) && value.get(retryable) != SUCCESS) {
    return garbage("the answer's retryable is neither true nor false");
  }
  std::string_view error;
  if (has(answer, "error", value) && value.get(error) != SUCCESS) error = {};
  return {retryable ? Answer::What::retryable : Answer::What::rejected, one_line(error)};
}

}  // namespace ebbgate::feedback
