#include <sys/inotify.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "controller/local/shared_notifier.h"

using namespace ebbgate::local;

namespace {

using Subscribers = std::vector<SharedNotifier::Subscriber>;

const SharedNotifier::Interest kA{false, "a"};

/// Gives every path the same number, until it is told another one.
class OneWatch final : public ChangeNotifier {
 public:
  int descriptor() const override { return 0; }
  int problem() const override { return 0; }
  int add(const std::string&, std::uint32_t) override {
    ++added;
    const int result = number;
    if (before_return) std::exchange(before_return, nullptr)();
    return result;
  }
  void remove(int watch) override { removed.push_back(watch); }
  void read(std::vector<ChangeEvent>&) override {}

  int number = 7;
  int added = 0;
  std::vector<int> removed;
  std::function<void()> before_return;
};

struct Fixture {
  OneWatch* kernel = new OneWatch;
  SharedNotifier notifier{std::unique_ptr<ChangeNotifier>(kernel)};
};

ChangeEvent report(int watch, std::uint32_t mask) {
  return {watch, mask, (mask & IN_IGNORED) != 0 ? "" : "a"};
}

}  // namespace

TEST_CASE("a watch that two share is reported to both, and ends with the last of them") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == 7);
  CHECK(notifier.add(2, "/b", IN_CREATE, kA) == 7);
  CHECK(notifier.subscribers(report(7, IN_CREATE)) == Subscribers{1, 2});
  notifier.remove(1, 7, kA);
  CHECK(fixture.kernel->removed.empty());
  CHECK(notifier.subscribers(report(7, IN_CREATE)) == Subscribers{2});
  notifier.remove(2, 7, kA);
  CHECK(fixture.kernel->removed == std::vector<int>{7});
  CHECK(notifier.size() == 0);
}

TEST_CASE("a report goes to those alone that want to hear of its name") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  REQUIRE(notifier.add(1, "/", IN_CREATE, kA) == 7);
  REQUIRE(notifier.add(1, "/", IN_CREATE, kA) == 7);
  REQUIRE(notifier.add(2, "/", IN_CREATE, {false, "b"}) == 7);
  REQUIRE(notifier.add(3, "/", IN_CREATE, {true, ""}) == 7);
  REQUIRE(notifier.add(4, "/", IN_CREATE, {false, ""}) == 7);
  CHECK(notifier.subscribers({7, IN_CREATE, "a"}) == Subscribers{1, 3});
  CHECK(notifier.subscribers({7, IN_CREATE, "b"}) == Subscribers{2, 3});
  CHECK(notifier.subscribers({7, IN_CREATE, "c"}) == Subscribers{3});
  CHECK(notifier.subscribers({7, IN_DELETE_SELF, ""}) == Subscribers{3, 4});
  notifier.remove(1, 7, kA);
  CHECK(notifier.subscribers({7, IN_CREATE, "a"}) == Subscribers{1, 3});
  notifier.remove(1, 7, kA);
  CHECK(notifier.subscribers({7, IN_CREATE, "a"}) == Subscribers{3});
  CHECK(notifier.subscribers({7, IN_IGNORED, ""}) == Subscribers{2, 3, 4});
  CHECK(notifier.size() == 0);
}

TEST_CASE("a watch that the last other subscriber drops while it is got is got again") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  REQUIRE(notifier.add(1, "/a", IN_CREATE, kA) == 7);
  fixture.kernel->before_return = [&] {
    notifier.remove(1, 7, kA);
    fixture.kernel->number = 8;
  };
  CHECK(notifier.add(2, "/a", IN_CREATE, kA) == 8);
  CHECK(fixture.kernel->added == 3);
  CHECK(notifier.subscribers(report(8, IN_CREATE)) == Subscribers{2});
}

TEST_CASE("a watch that the kernel ends while it is got is got again") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  fixture.kernel->before_return = [&] {
    CHECK(notifier.subscribers(report(7, IN_IGNORED)).empty());
    fixture.kernel->number = 8;
  };
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == 8);
  CHECK(notifier.size() == 1);
}

TEST_CASE("one more watch is not mistaken for one that ended long ago") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  REQUIRE(notifier.add(1, "/a", IN_CREATE, kA) == 7);
  notifier.remove(1, 7, kA);
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == 7);
  CHECK(fixture.kernel->added == 2);
}

TEST_CASE("that the machine has no watch left is told once, and other failures are not") {
  Fixture fixture;
  SharedNotifier& notifier = fixture.notifier;
  fixture.kernel->number = -ENOENT;
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == -ENOENT);
  CHECK_FALSE(notifier.take_shortage());
  fixture.kernel->number = -ENOSPC;
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == -ENOSPC);
  CHECK(notifier.take_shortage() == ENOSPC);
  CHECK(notifier.add(1, "/a", IN_CREATE, kA) == -ENOSPC);
  CHECK_FALSE(notifier.take_shortage());
}
