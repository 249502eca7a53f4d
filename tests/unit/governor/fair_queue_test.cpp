#include "controller/governor/fair_queue.h"

#include <doctest/doctest.h>

using namespace ebbgate;
using namespace ebbgate::governor;
using namespace std::chrono_literals;

namespace {

FairQueue::Entry entry(NamespaceId id, Duration due, Handle handle, bool has_slot = false) {
  return {id, BootTime(due), handle, has_slot};
}

Handle serve(FairQueue& queue) {
  const auto next = queue.next();
  REQUIRE(next.has_value());
  queue.pop(*next);
  return next->handle;
}

}  // namespace

TEST_CASE("an empty queue has nobody next") {
  CHECK_FALSE(FairQueue().next().has_value());
}

TEST_CASE("the namespace served longest ago is next, then the oldest due in it") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  const NamespaceId b = queue.intern("b");
  CHECK(queue.intern("a") == a);
  queue.insert(entry(a, 3s, 1));
  queue.insert(entry(a, 1s, 2));
  queue.insert(entry(b, 9s, 3));
  CHECK(serve(queue) == 2);
  CHECK(serve(queue) == 3);
  CHECK(serve(queue) == 1);
  CHECK_FALSE(queue.next().has_value());
}

TEST_CASE("equal due times go in the order of handles") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  for (const Handle handle : {5U, 3U, 4U}) queue.insert(entry(a, 1s, handle));
  CHECK(serve(queue) == 3);
  CHECK(serve(queue) == 4);
  CHECK(serve(queue) == 5);
}

TEST_CASE("an entry that is erased is not served") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  queue.insert(entry(a, 1s, 1));
  queue.insert(entry(a, 2s, 2));
  queue.erase(entry(a, 1s, 1));
  CHECK(serve(queue) == 2);
  CHECK_FALSE(queue.next().has_value());
}

TEST_CASE("at the total cap only those who hold a slot are served") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  const NamespaceId b = queue.intern("b");
  queue.set_caps({1, std::nullopt});
  queue.take_slot(b);
  queue.insert(entry(a, 1s, 1));
  queue.insert(entry(b, 2s, 2, true));
  CHECK(queue.full(a));
  CHECK(serve(queue) == 2);
  CHECK_FALSE(queue.next().has_value());
  queue.free_slot(b);
  CHECK(serve(queue) == 1);
}

TEST_CASE("a namespace at its own cap is passed over, but for those who hold a slot") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  const NamespaceId b = queue.intern("b");
  queue.set_caps({std::nullopt, 1});
  queue.take_slot(a);
  queue.insert(entry(a, 1s, 1));
  queue.insert(entry(a, 2s, 2, true));
  queue.insert(entry(b, 3s, 3));
  CHECK(serve(queue) == 2);
  CHECK(serve(queue) == 3);
  CHECK_FALSE(queue.next().has_value());
  queue.set_caps({std::nullopt, 2});
  CHECK(serve(queue) == 1);
}

TEST_CASE("slots are counted over all namespaces") {
  FairQueue queue;
  const NamespaceId a = queue.intern("a");
  const NamespaceId b = queue.intern("b");
  queue.take_slot(a);
  queue.take_slot(b);
  CHECK(queue.slots_taken() == 2);
  queue.free_slot(a);
  CHECK(queue.slots_taken() == 1);
}
