#include "controller/feedback/message.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace ebbgate::feedback {
namespace {

constexpr std::size_t kMost = 1000;
const std::string kGood = R"({"job_id":"a","features":[1,2.5],"true_score":87.5})";

std::vector<Message> read(const std::string& body, std::size_t most = kMost) {
  auto parsed = parse_messages(body, most);
  if (const auto* wrong = std::get_if<WrongMessage>(&parsed)) {
    FAIL("line " << wrong->line << ": " << wrong->what);
  }
  return std::get<std::vector<Message>>(parsed);
}

WrongMessage wrong(const std::string& body, std::size_t most = kMost) {
  auto parsed = parse_messages(body, most);
  REQUIRE_MESSAGE(std::holds_alternative<WrongMessage>(parsed), body);
  CHECK_FALSE(std::get<WrongMessage>(parsed).what.empty());
  return std::get<WrongMessage>(parsed);
}

// A message with one more member, or another value of a known one.
std::string with(const std::string& member, const std::string& value) {
  std::string text = R"({"true_score":1)";
  if (member != "job_id") text += R"(,"job_id":"a")";
  if (member != "features") text += R"(,"features":[1])";
  if (member == "true_score") return R"({"job_id":"a","features":[1],"true_score":)" + value + "}";
  return text + ",\"" + member + "\":" + value + "}";
}

TEST_CASE("one object is one message, with or without a newline at its end") {
  CHECK(read(kGood) == std::vector<Message>{{"a", kGood}});
  CHECK(read(kGood + "\n") == std::vector<Message>{{"a", kGood}});
  CHECK(read(kGood + "\r\n") == std::vector<Message>{{"a", kGood}});
}

TEST_CASE("one object a line is one message each, in order") {
  const auto messages = read(with("job_id", "\"x\"") + "\n" + with("job_id", "\"y\"") + "\n");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].job_id == "x");
  CHECK(messages[1].job_id == "y");
}

TEST_CASE("an object spread over several lines becomes one line that says the same") {
  const auto json = nlohmann::ordered_json::parse(
      R"({"job_id":"a \" b\\","features":[1,2.5],"true_score":87.5,"event":{"k":[1,{"x y":" z "}]}})");
  for (const int indent : {0, 2, 4}) {
    const auto messages = read(json.dump(indent));
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].job_id == "a \" b\\");
    CHECK(messages[0].line == json.dump());
  }
}

TEST_CASE("members that are not known pass through, numbers to the last digit") {
  const std::string line =
      R"({"job_id":"a","features":[1],"true_score":1,"more":[null,true,123456789012345678901234567890,1.0,"é\u00e9"]})";
  CHECK(read(line).front().line == line);
}

TEST_CASE("an event must be an object") {
  CHECK(read(with("event", R"({"job_id":5,"features":null,"true_score":"x"})")).size() == 1);
  for (const char* value : {"null", "1", "\"x\"", "[]", "true"}) wrong(with("event", value));
}

TEST_CASE("a job_id must be a string that is neither empty nor long nor broken") {
  for (const char* value : {"null", "1", "\"\"", "[]", "{}", "true", R"("a\nb")", R"("\u0000")"}) {
    wrong(with("job_id", value));
  }
  CHECK(read(with("job_id", "\"" + std::string(256, 'x') + "\"")).size() == 1);
  wrong(with("job_id", "\"" + std::string(257, 'x') + "\""));
}

TEST_CASE("features must be a list of finite numbers, at least one") {
  CHECK(read(with("features", "[1, -2, 3.5e3, 0]")).size() == 1);
  for (const char* value :
       {"null",        "1",       "\"x\"",    "[]",   "{}",    "[null]", "[\"1\"]",
        "[[1]]",       "[{}]",    "[true]",   "[1,]", "[1 2]", "[NaN]",  "[Infinity]",
        "[-Infinity]", "[1e999]", "[-1e999]", "[01]", "[+1]",  "[.5]"}) {
    wrong(with("features", value));
  }
}

TEST_CASE("a true_score must be a finite number") {
  for (const char* value : {"null", "\"1\"", "[1]", "{}", "true", "NaN", "Infinity", "1e999"}) {
    wrong(with("true_score", value));
  }
  CHECK(wrong(with("true_score", "1e999")).what == "numbers must be finite and fit a double");
}

TEST_CASE("what must be there is named when it is missing, and must be there once") {
  CHECK(wrong(R"({"features":[1],"true_score":1})").what == "job_id is missing: a string");
  CHECK(wrong(R"({"job_id":"a","true_score":1})").what == "features is missing: a list of numbers");
  CHECK(wrong(R"({"job_id":"a","features":[1]})").what == "true_score is missing: a number");
  CHECK(wrong(R"({"job_id":"a","features":[1],"true_score":1,"job_id":"b"})").what ==
        "job_id must be there once only");
}

TEST_CASE("the line that is wrong is named") {
  CHECK(wrong(kGood + "\n" + kGood + "\n{}\n").line == 3);
  CHECK(wrong(kGood + "\n\n" + kGood).line == 2);
  CHECK(wrong(kGood + "\n\n").line == 2);
  CHECK(wrong("{\"job_id\":\n" + kGood).line == 1);
  CHECK(wrong(kGood + "\n{\"job_id\":").line == 2);
  CHECK(wrong("{\n\"job_id\": \"a\",\n\"features\": [NaN]\n}").line == 3);
}

TEST_CASE("what is no object is wrong") {
  for (const char* body : {"", "\n", " ", "\n\n", "null", "1", "[]", "\"x\"", "nonsense", "{", "}",
                           "{}{}", "[{\"job_id\":\"a\"}]"}) {
    CHECK(wrong(body).line == 1);
  }
  wrong(kGood + kGood);
  wrong(kGood + " x");
  wrong("\xef\xbb\xbf" + kGood);
  wrong(kGood + std::string(1, '\0'));
  wrong(kGood + std::string(1, '\0') + "more");
}

TEST_CASE("bytes that are not UTF-8 are wrong") {
  for (const char* bytes : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"}) {
    wrong(with("more", std::string("\"") + bytes + "\""));
  }
}

TEST_CASE("a message of max_message bytes is taken, a longer one is not") {
  CHECK(read(kGood, kGood.size()).size() == 1);
  CHECK(wrong(kGood, kGood.size() - 1).line == 1);
  CHECK(read(kGood + "\n" + kGood, kGood.size()).size() == 2);
  CHECK(wrong(kGood + "\n" + with("more", "\"" + std::string(500, 'x') + "\""), 200).line == 2);
}

TEST_CASE("deep nesting is wrong, however deep") {
  const auto nested = [](std::size_t depth) {
    return with("more", std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK(read(nested(50)).size() == 1);
  CHECK(wrong(nested(100)).what == "must not be nested more than 64 deep");
  wrong(nested(5'000'000), 20'000'000);
  wrong(std::string(5'000'000, '{'), 20'000'000);
}

}  // namespace
}  // namespace ebbgate::feedback
