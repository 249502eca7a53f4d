#include "controller/feedback/message_checker.h"

#include <algorithm>
#include <utility>

#include "controller/feedback/message.h"

namespace ebbgate::feedback {

namespace {

constexpr int kDeepest = 64;
constexpr int kMembers = 1;  // the depth of the message's own members
constexpr int kFeatures = 2;

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

}  // namespace

bool MessageChecker::check(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  // The parser takes a zero byte for the end, and passes over a byte order mark.
  if (begin == text.npos || text[begin] != '{' || text.find('\0') != text.npos) {
    return wrong("must be a JSON object");
  }
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), this)) return false;
  constexpr auto kBit = [](Member member) { return 1U << static_cast<unsigned>(member); };
  if ((seen_ & kBit(Member::job_id)) == 0) return wrong("job_id is missing: a string");
  if ((seen_ & kBit(Member::features)) == 0) return wrong("features is missing: a list of numbers");
  if ((seen_ & kBit(Member::true_score)) == 0) return wrong("true_score is missing: a number");
  return true;
}

bool MessageChecker::wrong(std::string what) {
  problem_ = std::move(what);
  return false;
}

bool MessageChecker::value(Kind kind) {
  if (depth_ == kFeatures && member_ == Member::features) {
    has_feature_ = true;
    return kind == Kind::number || wrong("features must be a list of numbers and nothing else");
  }
  if (depth_ != kMembers) return true;
  switch (member_) {
    case Member::job_id:
      return kind == Kind::string || wrong("job_id must be a string");
    case Member::features:
      return kind == Kind::list || wrong("features must be a list of numbers");
    case Member::true_score:
      return kind == Kind::number || wrong("true_score must be a number");
    case Member::event:
      return kind == Kind::object || wrong("event must be an object, where there is one");
    case Member::other:
      break;
  }
  return true;
}

bool MessageChecker::null() {
  return value(Kind::other);
}

bool MessageChecker::boolean(bool) {
  return value(Kind::other);
}

bool MessageChecker::number_integer(std::int64_t) {
  return value(Kind::number);
}

bool MessageChecker::number_unsigned(std::uint64_t) {
  return value(Kind::number);
}

bool MessageChecker::number_float(double, const std::string&) {
  return value(Kind::number);
}

bool MessageChecker::string(std::string& text) {
  if (!value(Kind::string)) return false;
  if (depth_ != kMembers || member_ != Member::job_id) return true;
  if (text.empty()) return wrong("job_id must not be empty");
  if (text.size() > kLongestJobId) {
    return wrong("job_id must not have more than " + std::to_string(kLongestJobId) + " bytes");
  }
  if (has_control_character(text)) return wrong("job_id must not have control characters");
  job_id_ = std::move(text);
  return true;
}

bool MessageChecker::binary(nlohmann::json::binary_t&) {
  return value(Kind::other);
}

bool MessageChecker::deeper() {
  return ++depth_ <= kDeepest ||
         wrong("must not be nested more than " + std::to_string(kDeepest) + " deep");
}

bool MessageChecker::start_object(std::size_t) {
  return value(Kind::object) && deeper();
}

bool MessageChecker::key(std::string& name) {
  if (depth_ != kMembers) return true;
  member_ = name == "job_id"       ? Member::job_id
            : name == "features"   ? Member::features
            : name == "true_score" ? Member::true_score
            : name == "event"      ? Member::event
                                   : Member::other;
  if (member_ == Member::other) return true;
  const unsigned bit = 1U << static_cast<unsigned>(member_);
  // Receivers differ in which of two they take.
  if ((seen_ & bit) != 0) return wrong(name + " must be there once only");
  seen_ |= bit;
  return true;
}

bool MessageChecker::end_object() {
  --depth_;
  return true;
}

bool MessageChecker::start_array(std::size_t) {
  return value(Kind::list) && deeper();
}

bool MessageChecker::end_array() {
  --depth_;
  if (depth_ == kMembers && member_ == Member::features && !has_feature_) {
    return wrong("features must have at least one number");
  }
  return true;
}

bool MessageChecker::parse_error(std::size_t position, const std::string&,
                                 const nlohmann::json::exception& error) {
  constexpr int kOutOfRange = 406;
  if (error.id == kOutOfRange) return wrong("numbers must be finite and fit a double");
  broken_at_ = position;
  return wrong("must be one JSON object in valid UTF-8, without NaN or Infinity");
}

}  // namespace ebbgate::feedback
