#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "controller/kubernetes/lease.h"
#include "tests/unit/kubernetes/leader_support.h"

namespace ebbgate::kubernetes {
namespace {

using namespace std::chrono_literals;
using What = LeaseCandidate::Step::What;
using Answer = LeaseCandidate::Answer;
using Phase = LeaseCandidate::Phase;

// Numbers that a case draws from; it shrinks to all zeros, where nothing goes wrong.
class Luck {
 public:
  explicit Luck(std::vector<unsigned> numbers) : numbers_(std::move(numbers)) {}
  unsigned below(unsigned end) { return numbers_[place_++ % numbers_.size()] % end; }

 private:
  std::vector<unsigned> numbers_;
  std::size_t place_ = 0;
};

// Candidates on machines with clocks of their own, one API server, and a network that delays and
// loses: a request may arrive long after its sender gave it up. Time is virtual, in milliseconds.
class Race {
 public:
  Race(int candidates, Luck luck) : luck_(std::move(luck)) {
    for (int i = 0; i < candidates; ++i) {
      machines_.emplace_back();
      Machine& machine = machines_.back();
      machine.identity = std::string(1, static_cast<char>('a' + i));
      machine.boot_offset = std::chrono::seconds(luck_.below(100'000));
      machine.wall_offset = std::chrono::seconds(luck_.below(1'000'000)) - 500'000s;
      start(machine);
    }
  }

  void run_until(Duration end) {
    while (!events_.empty() && events_.begin()->first <= end) {
      time_ = events_.begin()->first;
      const auto event = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      event();
      watch_leaders();
    }
    time_ = end;
    watch_leaders();
  }

  void calm_down() { faults_ = false; }
  std::size_t leaders() const {
    return static_cast<std::size_t>(
        std::count_if(machines_.begin(), machines_.end(),
                      [this](const Machine& machine) { return leads(machine); }));
  }
  int terms() const { return terms_; }

 private:
  struct Machine {
    std::string identity;
    Duration boot_offset{0};
    Duration wall_offset{0};
    std::unique_ptr<LeaseCandidate> lease;
    int life = 0;  // events of earlier ones are void
    bool awaits = false;
    Duration asleep_until{0};
    bool counted = false;
  };

  BootTime boot(const Machine& machine) const { return BootTime(machine.boot_offset + time_); }
  Instant now(const Machine& machine) const {
    const auto wall = 1'800'000'000'000ms + machine.wall_offset + time_;
    return {boot(machine), WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(wall))};
  }
  bool leads(const Machine& machine) const { return machine.lease->leads_until() > boot(machine); }

  void watch_leaders() {
    RC_ASSERT(leaders() <= 1U);
    for (Machine& machine : machines_) {
      if (machine.counted || machine.lease->phase() != Phase::leading) continue;
      machine.counted = true;
      ++terms_;
    }
  }

  void later(Duration wait, std::function<void()> event) {
    events_.emplace(time_ + wait, std::move(event));
  }

  // The same identity, as of a container that begins anew.
  void start(Machine& machine) {
    LeaseSettings settings;
    settings.namespace_name = "system";
    settings.identity = machine.identity;
    machine.lease = std::make_unique<LeaseCandidate>(
        settings, [this] { return static_cast<double>(luck_.below(100)) / 100; });
    machine.counted = false;
    machine.awaits = false;
    ++machine.life;
    wake(machine, std::chrono::milliseconds(luck_.below(3000)));
  }

  void wake(Machine& machine, Duration wait) {
    later(wait, [this, &machine, life = machine.life] {
      if (life == machine.life && !machine.awaits) turn(machine);
    });
  }

  Duration delay() {
    if (!faults_) return 10ms;
    const unsigned kind = luck_.below(8);
    if (kind < 5) return std::chrono::milliseconds(1 + luck_.below(200));
    if (kind < 7) return std::chrono::milliseconds(luck_.below(6000));
    return std::chrono::milliseconds(luck_.below(40'000));
  }

  void turn(Machine& machine) {
    if (faults_ && luck_.below(60) == 7) machine.asleep_until = time_ + 1s * luck_.below(40);
    if (machine.asleep_until > time_) return wake(machine, machine.asleep_until - time_);
    if (faults_ && luck_.below(60) == 8) return start(machine);
    if (faults_ && luck_.below(60) == 9) release(machine);
    const LeaseCandidate::Step step = machine.lease->next(now(machine));
    switch (step.what) {
      case What::end:
        return start(machine);
      case What::wait:
        return wake(machine, std::max<Duration>(step.until - boot(machine), 1ms));
      default:
        return ask(machine, step);
    }
  }

  void release(Machine& machine) {
    const auto body = machine.lease->release(now(machine));
    if (body) later(delay(), [this, body = *body] { server_.update(body); });
  }

  void ask(Machine& machine, const LeaseCandidate::Step& step) {
    RC_ASSERT(step.deadline > Duration(0));
    machine.awaits = true;
    // A machine may also fall asleep while it waits for an answer.
    if (faults_ && luck_.below(30) == 3) machine.asleep_until = time_ + 1s * luck_.below(40);
    const BootTime sent = boot(machine);
    const int life = machine.life;
    auto done = std::make_shared<bool>(false);
    const auto end = [this, &machine, life, sent, done](const Answer& answer) {
      if (*done || life != machine.life) return;
      *done = true;
      const Duration asleep = std::max<Duration>(machine.asleep_until - time_, 0ms);
      later(asleep, [this, &machine, life, sent, answer] {
        if (life != machine.life) return;
        machine.awaits = false;
        machine.lease->answered(answer, sent, boot(machine));
        turn(machine);
      });
    };
    later(step.deadline, [end] { end({Answer::What::failed, {}, Duration(0), "timed out"}); });
    if (faults_ && luck_.below(10) == 1) return;  // lost on its way
    later(delay(), [this, step, end] {
      const Answer answer = serve(step);
      if (faults_ && luck_.below(10) == 2) return;  // its answer is lost
      later(delay(), [end, answer] { end(answer); });
    });
  }

  Answer serve(const LeaseCandidate::Step& step) {
    std::optional<LeaseObject> lease;
    if (step.what == What::read) lease = server_.read();
    if (step.what == What::create) lease = server_.create(step.body);
    if (step.what == What::update) lease = server_.update(step.body);
    if (lease) return {Answer::What::lease, *lease, Duration(0), {}};
    const auto what = step.what == What::read ? Answer::What::not_found : Answer::What::conflict;
    return {what, {}, Duration(0), {}};
  }

  Luck luck_;
  bool faults_ = true;
  Duration time_{0};
  std::multimap<Duration, std::function<void()>> events_;
  std::deque<Machine> machines_;  // which events point into
  LeaseServer server_;
  int terms_ = 0;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kParameters = "seed=20240229 max_success=30 noshrink=1";
#else
constexpr const char* kParameters = "seed=20240229 max_success=200 noshrink=1";
#endif

bool holds_for(const char* name, int candidates, int& terms) {
  setenv("RC_PARAMS", kParameters, 0);
  return rc::check(name, [candidates, &terms] {
    const auto numbers =
        *rc::gen::container<std::vector<unsigned>>(997, rc::gen::inRange(0U, 1U << 30));
    Race race(candidates, Luck(numbers));
    race.run_until(300s);
    race.calm_down();
    race.run_until(400s);
    // Everything that was on its way has arrived.
    RC_ASSERT(race.leaders() == 1U);
    terms += race.terms();
  });
}

TEST_CASE("Of two candidates never both believe to lead, whatever is late, lost or asleep") {
  int terms = 0;
  CHECK(holds_for("two candidates", 2, terms));
  CHECK(terms > 100);
}

TEST_CASE("Of three candidates never two believe to lead, whatever is late, lost or asleep") {
  int terms = 0;
  CHECK(holds_for("three candidates", 3, terms));
  CHECK(terms > 100);
}

}  // namespace
}  // namespace ebbgate::kubernetes
