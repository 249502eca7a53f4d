#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/mutex.h"
#include "controller/local/reading_pool.h"
#include "tests/unit/local/watch_support.h"

using namespace ebbgate;
using namespace ebbgate::local;
using namespace ebbgate::local::testing;
using namespace std::chrono_literals;

namespace {

using Urgency = ReadingPool::Urgency;

/// Jobs, and what became of them. Shared with the jobs, which may outlive the test.
struct Jobs {
  ReadingPool::Job that_runs(const std::string& name) {
    return [this, name] {
      const MutexLock lock(mutex);
      ended.push_back(name);
    };
  }
  ReadingPool::Job that_hangs() {
    return [this] {
      ++hanging;
      released.wait(false);
      --hanging;
    };
  }
  void release() {
    released = true;
    released.notify_all();
  }
  std::vector<std::string> names() {
    const MutexLock lock(mutex);
    return ended;
  }

  Mutex mutex;
  std::vector<std::string> ended EBBGATE_GUARDED_BY(mutex);
  std::atomic<bool> released{false};
  std::atomic<int> hanging{0};
};

void wait_until(const std::string& what, const std::function<bool()>& holds) {
  Recorder().wait_until(what, holds);
}

}  // namespace

TEST_CASE("urgent jobs are begun before others, which get their turn all the same") {
  Jobs jobs;
  ReadingPool pool({1, 1, 0s});
  pool.start();
  pool.submit(jobs.that_hangs(), Urgency::soon);
  wait_until("the only thread is at work", [&] { return jobs.hanging == 1; });
  pool.submit(jobs.that_runs("other"), Urgency::whenever);
  for (int i = 0; i < 10; ++i) pool.submit(jobs.that_runs("urgent"), Urgency::soon);
  jobs.release();
  wait_until("all have run", [&] { return jobs.names().size() == 11; });
  CHECK(jobs.names().front() == "urgent");
  CHECK(jobs.names().back() == "urgent");
}

TEST_CASE("a thread whose job does not end is replaced as soon as jobs wait, up to the limit") {
  Jobs jobs;
  ReadingPool pool({1, 3, 1h});
  pool.start();
  for (int hanging = 1; hanging <= 3; ++hanging) {
    pool.submit(jobs.that_hangs(), Urgency::soon);
    pool.relieve(BootClock::now() + 2h);
    wait_until("one more hangs", [&] { return jobs.hanging == hanging; });
  }
  pool.submit(jobs.that_runs("late"), Urgency::soon);
  CHECK_FALSE(pool.exhausted(BootClock::now()));
  pool.relieve(BootClock::now() + 2h);
  CHECK(pool.threads() == 3);
  CHECK(pool.waiting());
  CHECK(pool.exhausted(BootClock::now() + 2h));
  jobs.release();
  wait_until("it runs when a thread is free", [&] { return jobs.names().size() == 1; });
  wait_until("only the usual threads stay",
             [&] { return pool.threads() == 1 && jobs.hanging == 0; });
}

TEST_CASE("jobs that end soon bring no further thread") {
  Jobs jobs;
  ReadingPool pool({2, 10, 1h});
  pool.start();
  for (int i = 0; i < 100; ++i) {
    pool.submit(jobs.that_runs("one"), Urgency::whenever);
    pool.relieve(BootClock::now());
  }
  wait_until("all have run", [&] { return jobs.names().size() == 100; });
  CHECK(pool.threads() <= 2);
}

TEST_CASE("stopping drops what waits, and waits for nothing that hangs") {
  const auto jobs = std::make_shared<Jobs>();
  const auto owned = std::make_shared<int>();
  {
    ReadingPool pool({1, 1, 0s});
    pool.start();
    pool.submit([jobs, job = jobs->that_hangs()] { job(); }, Urgency::soon);
    wait_until("it hangs", [&] { return jobs->hanging == 1; });
    pool.submit([owned, job = jobs->that_runs("never")] { job(); }, Urgency::soon);
    CHECK_FALSE(pool.stop(0s));
    CHECK(owned.use_count() == 1);
  }
  jobs->release();
  wait_until("its thread has let go of what it had", [&] { return jobs.use_count() == 1; });
  CHECK(jobs->names().empty());
}

TEST_CASE("stopping ends the threads of a pool in which nothing hangs") {
  Jobs jobs;
  ReadingPool pool;
  pool.start();
  for (int i = 0; i < 20; ++i) pool.submit(jobs.that_runs("one"), Urgency::soon);
  CHECK(pool.stop(60s));
  CHECK(pool.threads() == 0);
}
