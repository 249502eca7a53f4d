#include "controller/feedback/answer.h"

#include <string>

#include <doctest/doctest.h>

namespace ebbgate::feedback {
namespace {

using What = Answer::What;

Answer answer_to(const std::string& line) {
  return AnswerReader().read(line, "job");
}

TEST_CASE("an answer of ok delivers, whatever else it says") {
  CHECK(answer_to(R"({"ok": true, "step": 3, "trained": true, "job_id": "job"})").what == What::ok);
  CHECK(answer_to(R"({"ok":true})").what == What::ok);
  CHECK(answer_to(R"({"more":{"ok":false},"ok":true,"retryable":true,"job_id":null})").what ==
        What::ok);
  CHECK(answer_to("{\"ok\":true}\r").what == What::ok);
}

TEST_CASE("an answer of not ok rejects, unless it asks for a later try") {
  const Answer rejected = answer_to(R"({"ok":false,"error":"no such model","retryable":false})");
  CHECK(rejected.what == What::rejected);
  CHECK(rejected.error == "no such model");
  CHECK(answer_to(R"({"ok":false})").what == What::rejected);
  CHECK(answer_to(R"({"ok":false,"error":5,"retryable":null})").what == What::rejected);
  const Answer retryable = answer_to(R"({"ok":false,"error":"warming up","retryable":true})");
  CHECK(retryable.what == What::retryable);
  CHECK(retryable.error == "warming up");
}

TEST_CASE("an answer to another message is garbage") {
  CHECK(answer_to(R"({"ok":true,"job_id":"other"})").what == What::garbage);
  CHECK(answer_to(R"({"ok":false,"job_id":5})").what == What::garbage);
}

TEST_CASE("what is no answer is garbage, and why is said") {
  for (const char* line :
       {"", " ", "ok", "true", "[]", "{}", R"({"ok":1})", R"({"ok":"true"})", R"({"ok":null})",
        R"({"ok":true)", R"({"ok":true}{"ok":true})", R"({"ok":true} x)", R"({"OK":true})",
        R"({"ok":false,"retryable":"yes"})", "{\"ok\":true,\"e\":\"\xff\"}"}) {
    const Answer answer = answer_to(line);
    CHECK_MESSAGE(answer.what == What::garbage, line);
    CHECK_FALSE(answer.error.empty());
  }
  CHECK(answer_to(std::string(60000, '[')).what == What::garbage);
  CHECK(answer_to(std::string("{\"ok\":true}\0", 12)).what == What::garbage);
}

TEST_CASE("a peer's words are cut to one short line of whole characters") {
  CHECK(answer_to(R"({"ok":false,"error":"a\nb"})").error == "a b");
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ü";
  const std::string error = answer_to(R"({"ok":false,"error":"x)" + umlauts + "\"}").error;
  CHECK(error.size() == 199);
  CHECK(error.ends_with("ü"));
}

TEST_CASE("a reader reads many answers, long ones between short ones") {
  AnswerReader reader;
  const std::string padding(50000, 'x');
  for (int i = 0; i < 3; ++i) {
    CHECK(reader.read(R"({"ok":true,"job_id":"a"})", "a").what == What::ok);
    CHECK(reader.read(R"({"ok":true,"more":")" + padding + "\"}", "a").what == What::ok);
    CHECK(reader.read("{", "a").what == What::garbage);
  }
}

}  // namespace
}  // namespace ebbgate::feedback
