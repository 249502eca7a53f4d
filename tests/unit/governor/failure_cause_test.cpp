#include "controller/governor/failure_cause.h"

#include <cerrno>
#include <set>

#include <doctest/doctest.h>

namespace ebbgate {

TEST_CASE("Each cause has a name of its own, and comes back from its number") {
  std::set<std::string_view> names;
  const int last = static_cast<int>(kLastFailureCause);
  for (int number = 0; number <= last; ++number) {
    const auto cause = failure_cause(number);
    REQUIRE(cause);
    CHECK(static_cast<int>(*cause) == number);
    const std::string_view name = name_of(*cause);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == name.npos);
    CHECK(names.insert(name).second);
  }
  CHECK(name_of(FailureCause::command_exit) == "command_exit");
  CHECK(name_of(FailureCause::lease_ending) == "lease_ending");
  CHECK_FALSE(failure_cause(-1));
  CHECK_FALSE(failure_cause(last + 1));
}

TEST_CASE("An errno of exhausted means is told from one of what was asked for") {
  CHECK(is_shortage(EMFILE));
  CHECK(is_shortage(ENOMEM));
  CHECK(is_shortage(EAGAIN));
  CHECK_FALSE(is_shortage(ENOENT));
  CHECK_FALSE(is_shortage(ECONNREFUSED));
}

}  // namespace ebbgate
