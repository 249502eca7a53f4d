#include <fcntl.h>
#include <sys/resource.h>

#include <vector>

#include <doctest/doctest.h>

#include "base/descriptor.h"
#include "base/descriptor_limit.h"
#include "tests/unit/local/update_support.h"

namespace ebbgate::local {
namespace {

/// Leaves this process `left` descriptors to open, as long as it lives.
class FewDescriptors final {
 public:
  explicit FewDescriptors(std::size_t left) {
    original_descriptor_limit();  // commands are to get that one
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    setrlimit(RLIMIT_NOFILE, &few);
    for (Descriptor more = open(); more; more = open()) taken_.push_back(std::move(more));
    REQUIRE(taken_.size() >= left);
    taken_.resize(taken_.size() - left);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  static Descriptor open() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  rlimit before_{};
  std::vector<Descriptor> taken_;
};

}  // namespace

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
