#include <doctest/doctest.h>

#include "base/text.h"
#include "controller/kubernetes/state_annotation.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

StateAnnotation state() {
  StateAnnotation state;
  state.counter = 18'446'744'073'709'551'615U;
  state.level = 7;
  state.uid = "5f0c9c0e";
  state.template_digest = sha256("template");
  state.hash = hash_text(sha256("config"));
  state.at = *parse_time("2026-11-23T18:00:00.123Z");
  return state;
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = state_text(state());
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a state reads back as it was written, on one line") {
  StateAnnotation written = state();
  CHECK(parse_state(state_text(written)) == written);
  CHECK(state_text(written).find('\n') == std::string::npos);
  written.applied.emplace();
  CHECK(parse_state(state_text(written)) == written);
  written.applied = sha256("applied");
  CHECK(parse_state(state_text(written)) == written);
  written.hash.clear();
  CHECK(parse_state(state_text(written)) == written);
}

TEST_CASE("a state is written in a fixed form, so that replicas write the same") {
  CHECK(state_text(state()) ==
        R"({"format":1,"counter":18446744073709551615,"level":7,"uid":"5f0c9c0e","template":")" +
            sha256("template").hex() + R"(","hash":"v1-)" + sha256("config").hex() +
            R"(","at":"2026-11-23T18:00:00.123Z"})");
}

TEST_CASE("a state may have members that are not known yet") {
  CHECK(parse_state(replaced("\"level\"", "\"new\":[1],\"level\"")) == state());
}

TEST_CASE("what is no state gives nothing") {
  for (const char* const text : {"", "{}", "[]", "null", "7", "{\"format\":1}", "\"x\"", "{"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_state(text));
  }
  CHECK_FALSE(parse_state(replaced("\"format\":1", "\"format\":2")));
  CHECK_FALSE(parse_state(replaced("\"format\":1", "\"format\":\"1\"")));
  CHECK_FALSE(parse_state(replaced("18446744073709551615", "-1")));
  CHECK_FALSE(parse_state(replaced("18446744073709551615", "1.5")));
  CHECK_FALSE(parse_state(replaced("\"level\":7", "\"level\":-7")));
  CHECK_FALSE(parse_state(replaced("\"level\":7", "\"level\":65")));
  CHECK_FALSE(parse_state(replaced("\"uid\":\"5f0c9c0e\"", "\"uid\":null")));
  CHECK_FALSE(parse_state(replaced("\"template\":\"", "\"template\":\"x")));
  CHECK_FALSE(parse_state(replaced("\"hash\":\"", "\"hush\":\"")));
  CHECK_FALSE(parse_state(replaced("2026", "202")));
  CHECK_FALSE(parse_state(replaced("\"at\"", "\"applied\":7,\"at\"")));
  CHECK_FALSE(parse_state(replaced("\"at\"", "\"applied\":\"v2-x\",\"at\"")));
}

TEST_CASE("a state that is cut off is none") {
  const std::string text = state_text(state());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CHECK_FALSE(parse_state(text.substr(0, length)));
  }
}

TEST_CASE("a hash carries the version of its algorithm") {
  const Digest digest = sha256("x");
  CHECK(hash_text(digest) == "v1-" + digest.hex());
  CHECK(parse_hash(hash_text(digest)) == digest);
  CHECK(parse_hash(hash_text(digest) + "-12") == digest);
  CHECK_FALSE(parse_hash(hash_text(digest) + "-"));
  CHECK_FALSE(parse_hash(hash_text(digest) + "-1a"));
  CHECK(unique_hash_text(digest, 12) == hash_text(digest) + "-12");
  CHECK_FALSE(parse_hash("v2-" + digest.hex()));
  CHECK_FALSE(parse_hash(digest.hex()));
  CHECK_FALSE(parse_hash("v1-" + digest.hex() + "0"));
  CHECK_FALSE(parse_hash("v1-"));
  CHECK_FALSE(parse_hash(""));
}
