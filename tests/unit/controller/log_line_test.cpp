#include "controller/log_line.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using ebbgate::log_line;
using ebbgate::LogFormat;
using ebbgate::WallTime;
using namespace std::chrono_literals;

namespace {

const WallTime kNow{std::chrono::milliseconds(1'700'000'000'123)};
const std::string kStart = "2023-11-14T22:13:20.123Z info  ";

std::string text(std::string_view message, const std::string& value) {
  return log_line(LogFormat::text, kNow, "info", message, {{"key", value}}).substr(kStart.size());
}

}  // namespace

TEST_CASE("a line has its time, its level, the message and the fields") {
  CHECK(log_line(LogFormat::text, kNow, "info", "update sent",
                 {{"workload", "a/Local/b"}, {"backoff_level", 3}, {"delay_seconds", 1.25}}) ==
        kStart + "update sent workload=a/Local/b backoff_level=3 delay_seconds=1.25");
}

TEST_CASE("numbers are numbers in JSON, and level is the line's own") {
  const auto line = nlohmann::json::parse(log_line(
      LogFormat::json, kNow, "warn", "update sent",
      {{"backoff_level", 3}, {"delay_seconds", ebbgate::logged_seconds(1250ms)}, {"s", "3"}}));
  CHECK(line == nlohmann::json{{"time", "2023-11-14T22:13:20.123Z"},
                               {"level", "warn"},
                               {"message", "update sent"},
                               {"backoff_level", 3},
                               {"delay_seconds", 1.25},
                               {"s", "3"}});
}

TEST_CASE("a value that is no plain word stands in quotes") {
  CHECK(text("m", "word") == "m key=word");
  CHECK(text("m", "größe") == "m key=größe");
  CHECK(text("m", "") == "m key=\"\"");
  CHECK(text("m", "two words") == "m key=\"two words\"");
  CHECK(text("m", "a=\"b\\") == "m key=\"a=\\\"b\\\\\"");
}

TEST_CASE("nothing in a text line acts on a terminal, ends the line or hides") {
  CHECK(text("a\nb\tc\rd", "a\nb") == "a b c d key=\"a\\u000ab\"");
  CHECK(text("\x1b[31m", "\x1b") == "\\u001b[31m key=\"\\u001b\"");
  CHECK(text("\xC2\x9B", "\xC2\x9B") == "\\u009b key=\"\\u009b\"");  // C1: CSI
  CHECK(text("\u202E", "a\u2066b") == "\\u202e key=\"a\\u2066b\"");  // direction
  CHECK(text("a\u2028b\u200Bc", "\uFEFF") == "a\\u2028b\\u200bc key=\"\\ufeff\"");
  CHECK(text("\U000E0041", "x") == "\\udb40\\udc41 key=x");                // a tag
  CHECK(text("\xFF\xC3", "\xE2\x82") == "\\xff\\xc3 key=\"\\xe2\\x82\"");  // no UTF-8
  CHECK(text("漢字 e\u0301 ❤️ 😀", "😀") == "漢字 e\u0301 ❤️ 😀 key=😀");
}

TEST_CASE("JSON lines hold the same text, escaped as JSON does") {
  const std::string line =
      log_line(LogFormat::json, kNow, "info", "a\nb\u202E\xFF", {{"key", "\xC2\x9B\U000E0041"}});
  CHECK(line.find("\u202E") == std::string::npos);
  CHECK(line.find("\xC2\x9B") == std::string::npos);
  const auto parsed = nlohmann::json::parse(line);
  CHECK(parsed["message"] == "a\nb\u202E\uFFFD");
  CHECK(parsed["key"] == "\xC2\x9B\U000E0041");
}
