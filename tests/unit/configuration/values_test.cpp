#include "controller/configuration/values.h"

#include <doctest/doctest.h>

#include "controller/configuration/nearest.h"
#include "controller/configuration/problems.h"

namespace configuration = ebbgate::configuration;

TEST_CASE("a number is written so that it reads back the same") {
  for (const double value : {0.0, 1.0, 2.0, 0.1, 1.25, 1e-9, 123456789.0, 1.0 / 3, -1.5}) {
    double read = 42;
    CHECK_FALSE(configuration::read_number(configuration::number_text(value), read).has_value());
    CHECK(read == value);
  }
  CHECK(configuration::number_text(2) == "2");
}

TEST_CASE("a value that is refused leaves what was there") {
  double number = 7;
  CHECK(configuration::read_number("x", number).has_value());
  CHECK(number == 7);
  ebbgate::Duration duration{5};
  CHECK(configuration::read_positive_duration("0", duration).has_value());
  CHECK(duration.count() == 5);
}

TEST_CASE("every signal with a name is read by that name") {
  for (const int signal : {1, 2, 9, 10, 12, 15, 28}) {
    int read = 0;
    CHECK_FALSE(configuration::read_signal(configuration::signal_name(signal), read).has_value());
    CHECK(read == signal);
  }
  CHECK(configuration::signal_name(1) == "HUP");
}

TEST_CASE("the nearest word is found, but none that is far") {
  const std::vector<std::string> words = {"base", "max", "stable_after"};
  CHECK(configuration::nearest("bas", words) == "base");
  CHECK(configuration::nearest("maxx", words) == "max");
  CHECK(configuration::nearest("stableafter", words) == "stable_after");
  CHECK(configuration::nearest("quiet", words).empty());
  CHECK(configuration::nearest("", words).empty());
  CHECK(configuration::nearest(std::string(1000, 'x'), words).empty());
}

TEST_CASE("values in messages are printable and short") {
  CHECK(configuration::in_quotes("a\tb\x7F") == "\"a\\x09b\\x7f\"");
  CHECK(configuration::in_quotes("é") == "\"é\"");
  CHECK(configuration::in_quotes("\xFF") == "\"\\xff\"");
  CHECK(configuration::in_quotes(std::string(59, 'x') + "éé") ==
        "\"" + std::string(59, 'x') + "é…\"");
}
