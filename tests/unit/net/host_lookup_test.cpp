#include "net/host_lookup.h"

#include <netinet/in.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "base/mutex.h"

namespace ebbgate::net {
namespace {

using std::chrono::seconds;

HostLookup::Found some_address() {
  HostLookup::Address address;
  address.storage.ss_family = AF_INET;
  address.length = sizeof(sockaddr_in);
  address.text = "192.0.2.1";
  return HostLookup::Addresses{address};
}

// A resolver that hangs on some names until the test lets it go.
class Resolver {
 public:
  HostLookup::Resolve resolve() {
    return [this](const std::string& host) {
      MutexLock lock(mutex_);
      ++asked_[host];
      ++running_;
      most_ = std::max(most_, running_);
      changed_.notify_all();
      while (host.starts_with("hangs") && !released_) changed_.wait(mutex_);
      --running_;
      changed_.notify_all();
      return some_address();
    };
  }
  void await_running(std::size_t count) {
    MutexLock lock(mutex_);
    while (running_ < count) changed_.wait(mutex_);
  }
  void release() {
    MutexLock lock(mutex_);
    released_ = true;
    changed_.notify_all();
    while (running_ > 0) changed_.wait(mutex_);
  }
  int asked(const std::string& host) {
    MutexLock lock(mutex_);
    return asked_[host];
  }
  std::size_t most() {
    MutexLock lock(mutex_);
    return most_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool released_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::map<std::string, int> asked_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t running_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::size_t most_ EBBGATE_GUARDED_BY(mutex_) = 0;
};

bool found(const HostLookup::Found& result) {
  return std::holds_alternative<HostLookup::Addresses>(result);
}

Failure::Kind kind(const HostLookup::Found& result) {
  return std::get<Failure>(result).kind;
}

BootTime soon() {
  return BootClock::now() + std::chrono::milliseconds(1);
}

BootTime later() {
  return BootClock::now() + seconds(60);
}

}  // namespace

TEST_CASE("An address needs no look-up, also while every look-up hangs") {
  Resolver resolver;
  HostLookup lookup(resolver.resolve());
  const Waiter waiter;
  for (std::size_t i = 0; i < HostLookup::kMostThreads; ++i) {
    CHECK(kind(lookup.look_up("hangs" + std::to_string(i), 80, waiter, soon())) ==
          Failure::Kind::late);
  }
  const auto result = lookup.look_up("::1", 8080, waiter, soon());
  REQUIRE(found(result));
  const auto& address = std::get<HostLookup::Addresses>(result).front();
  CHECK(address.text == "::1");
  CHECK(ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port) == 8080);
  resolver.release();
}

TEST_CASE("A name that hangs is looked up once, however many ask, and others go on") {
  Resolver resolver;
  HostLookup lookup(resolver.resolve());
  const Waiter waiter;
  for (int i = 0; i < 100; ++i) {
    CHECK(kind(lookup.look_up("hangs", 80, waiter, soon())) == Failure::Kind::late);
    CHECK(found(lookup.look_up("works", 80, waiter, later())));
  }
  resolver.await_running(1);
  CHECK(resolver.asked("hangs") == 1);
  CHECK(resolver.asked("works") == 100);
  resolver.release();
}

TEST_CASE("However many names hang, the threads are bounded, and each name fails in its time") {
  Resolver resolver;
  HostLookup lookup(resolver.resolve());
  const Waiter waiter;
  for (int i = 0; i < 300; ++i) {
    CHECK(kind(lookup.look_up("hangs" + std::to_string(i), 80, waiter, soon())) ==
          Failure::Kind::late);
  }
  resolver.await_running(HostLookup::kMostThreads);
  CHECK(resolver.most() == HostLookup::kMostThreads);
  resolver.release();
  // What nobody waits for any more is not asked for.
  CHECK(found(lookup.look_up("works", 80, waiter, later())));
  CHECK(resolver.asked("hangs299") == 0);
}

TEST_CASE("Whoever asks for a name that is being looked up gets that answer, with its own port") {
  Resolver resolver;
  HostLookup lookup(resolver.resolve());
  const Waiter waiter;
  Mutex mutex;
  std::set<std::uint16_t> ports;
  std::vector<std::thread> threads;
  for (std::uint16_t port = 1; port <= 20; ++port) {
    threads.emplace_back([&, port] {
      const auto result = lookup.look_up("hangs", port, waiter, later());
      if (!found(result)) return;
      const auto& address = std::get<HostLookup::Addresses>(result).front();
      MutexLock lock(mutex);
      ports.insert(ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port));
    });
  }
  resolver.await_running(1);
  resolver.release();
  for (std::thread& thread : threads) thread.join();
  CHECK(ports.size() == 20);
}

TEST_CASE("Who is interrupted waits no longer") {
  Resolver resolver;
  HostLookup lookup(resolver.resolve());
  Waiter waiter;
  std::thread thread([&] {
    resolver.await_running(1);
    waiter.interrupt();
  });
  CHECK(kind(lookup.look_up("hangs", 80, waiter, later())) == Failure::Kind::interrupted);
  thread.join();
  resolver.release();
}

}  // namespace ebbgate::net
