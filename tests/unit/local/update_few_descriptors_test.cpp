#include <doctest/doctest.h>

#include "tests/unit/few_descriptors.h"
#include "tests/unit/local/update_support.h"

namespace ebbgate::local {

TEST_CASE("A command needs no more descriptors than its beginning takes in this process") {
  constexpr std::size_t kEnough = 9;
  Bench bench;
  const FewDescriptors few(kEnough);
  const Answer answer = bench.update(command_workload({"true"}));
  CHECK(answer.outcome == Outcome::applied);
  CHECK(answer.detail == "exit status 0");
}

TEST_CASE("A command that finds no descriptors is refused, and says why") {
  for (std::size_t left = 0; left < 9; ++left) {
    CAPTURE(left);
    Bench bench;
    const FewDescriptors few(left);
    const Answer answer = bench.recorder.answer(bench.prepare(command_workload({"true"})));
    CHECK(answer.outcome == Outcome::refused);
    CHECK(answer.nothing_sent);
    CHECK(answer.cause == FailureCause::own_resources);
  }
}

}  // namespace ebbgate::local
