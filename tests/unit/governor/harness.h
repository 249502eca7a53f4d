#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "controller/governor/governor.h"

namespace ebbgate::governor::testing {

using namespace std::chrono_literals;

/// An update as its receiver sees it.
struct Sent {
  Duration at{};
  Handle workload = 0;
  Digest fingerprint;
  int level = 0;
  AttemptId attempt = 0;
  bool carries_change = false;
};

/// What the other side does with an update.
struct Reaction {
  Duration latency{};
  Answer answer{Outcome::applied, false, std::nullopt, ""};
  std::optional<Duration> ready_after;  ///< after the answer
};

inline Reaction applied(std::optional<Duration> ready_after = std::nullopt) {
  return {0s, {Outcome::applied, false, std::nullopt, ""}, ready_after};
}
inline Reaction refused(bool nothing_sent = false,
                        std::optional<Duration> retry_after = std::nullopt) {
  return {0s, {Outcome::refused, nothing_sent, retry_after, ""}, std::nullopt};
}
inline Reaction unknown() {
  return {0s, {Outcome::unknown, false, std::nullopt, ""}, std::nullopt};
}
inline Reaction after(Duration latency, Reaction reaction) {
  reaction.latency = latency;
  return reaction;
}

inline Digest digest(const std::string& text) {
  return sha256(text);
}

inline std::shared_ptr<const Policy> policy(BackoffSettings backoff = {},
                                            SettleSettings settle = {0s, 0s}) {
  REQUIRE(validate(backoff, settle).empty());
  return std::make_shared<Policy>(backoff, settle);
}

/// Limits under which only the rule being tested holds anything back; retries without jitter.
inline Limits unlimited() {
  Limits limits;
  limits.budget.rate.reset();
  limits.retry.jitter = Jitter::none;
  return limits;
}

/// Drives a Governor in virtual time, and plays store and provider by script. After every step it
/// checks what must always hold.
class Harness {
 public:
  explicit Harness(const Limits& limits = unlimited(), double tokens = 1e9, Duration start = 0s,
                   bool deciding = true)
      : now_(start), governor_(limits, tokens, BootTime(start), [] { return 0.5; }) {
    if (deciding) governor_.set_deciding(instant(), true);
  }

  Governor& governor() { return governor_; }
  const Workload& workload(Handle handle) const { return governor_.workload(handle); }
  Duration now() const { return now_; }
  Instant instant() const {
    return {BootTime(now_), WallTime(std::chrono::hours(480000) + wall_shift_ +
                                     std::chrono::floor<std::chrono::milliseconds>(now_))};
  }

  /// A workload that took on "0" and is at rest.
  Handle add(const std::string& name, std::shared_ptr<const Policy> its_policy = policy(),
             bool judged = false, const std::string& namespace_name = "default") {
    Memory memory;
    memory.applied = digest("0");
    const Handle handle = add_with(name, memory, std::move(its_policy), judged, namespace_name);
    change(handle, "0");
    return handle;
  }
  Handle add_with(const std::string& name, const Memory& memory,
                  std::shared_ptr<const Policy> its_policy = policy(), bool judged = false,
                  const std::string& namespace_name = "default") {
    const Handle handle = governor_.add(instant(), {namespace_name, "Local", name},
                                        std::move(its_policy), judged, memory);
    pump();
    return handle;
  }

  void change(Handle handle, const std::string& content) {
    governor_.desire(instant(), handle, digest(content));
    step();
  }
  void hold(Handle handle, const Hold& hold) {
    governor_.set_hold(instant(), handle, hold);
    step();
  }
  void missing(Handle handle, const std::string& reason) {
    governor_.set_missing(instant(), handle, reason);
    step();
  }
  void set_policy(Handle handle, std::shared_ptr<const Policy> its_policy, bool judged = false) {
    governor_.set_policy(instant(), handle, std::move(its_policy), judged);
    step();
  }
  void release(Handle handle) {
    governor_.release(instant(), handle);
    step();
  }
  void remove(Handle handle) {
    governor_.remove(instant(), handle);
    step();
  }
  void rolled_out(Handle handle, bool ready) {
    governor_.rolled_out(instant(), handle, ready);
    step();
  }
  void configure(const Limits& limits) {
    governor_.configure(instant(), limits);
    step();
  }
  void deciding(bool deciding) {
    governor_.set_deciding(instant(), deciding);
    step();
  }
  void jump_wall_clock(std::chrono::milliseconds by) { wall_shift_ += by; }

  /// Every `period`, a content never seen before, until `until` (exclusive).
  void storm(Handle handle, Duration period, Duration until) {
    if (now_ >= until) return;
    change(handle, "storm " + std::to_string(++storm_changes_));
    schedule(now_ + period, [this, handle, period, until] { storm(handle, period, until); });
  }

  /// Carries out `event` when that time comes.
  void schedule(Duration at, std::function<void()> event) { events_.emplace(at, std::move(event)); }

  /// Lets time pass to `until`, turning whenever the Governor asks for it.
  void run_until(Duration until) {
    int turns_at_once = 0;
    while (true) {
      std::optional<Duration> next;
      if (const auto turn = governor_.next_turn(BootTime(now_))) next = turn->time_since_epoch();
      if (!events_.empty() && (!next || events_.begin()->first < *next)) {
        next = events_.begin()->first;
      }
      if (!next || *next > until) break;
      turns_at_once = *next > now_ ? 0 : turns_at_once + 1;
      REQUIRE_MESSAGE(turns_at_once < 10000, "time stands still");
      now_ = std::max(now_, *next);
      while (!events_.empty() && events_.begin()->first <= now_) {
        const auto event = events_.extract(events_.begin());
        event.mapped()();
      }
      step();
    }
    now_ = until;
    step();
  }

  /// The times at which updates of a workload were sent.
  std::vector<Duration> times(Handle handle) const {
    std::vector<Duration> times;
    for (const Sent& update : sent) {
      if (update.workload == handle) times.push_back(update.at);
    }
    return times;
  }
  std::vector<Duration> spacings(Handle handle) const {
    const std::vector<Duration> at = times(handle);
    std::vector<Duration> spacings;
    for (std::size_t i = 1; i < at.size(); ++i) spacings.push_back(at[i] - at[i - 1]);
    return spacings;
  }
  int count(Action action) const {
    int count = 0;
    for (const Decision& decision : decisions) count += decision.action == action ? 1 : 0;
    return count;
  }
  const Decision* last(Action action) const {
    for (auto it = decisions.rbegin(); it != decisions.rend(); ++it) {
      if (it->action == action) return &*it;
    }
    return nullptr;
  }
  std::uint64_t suppressed(Gate gate) { return governor_.totals().suppressed.at(index_of(gate)); }

  // The script; may be changed at any time.
  std::function<Reaction(const Sent&)> react = [](const Sent&) { return applied(); };
  Duration commit_latency{0};
  bool commit_by_hand = false;  ///< attempts are only noted in `begun`
  bool answer_by_hand = false;  ///< sent updates are only noted in `sent`

  // The record.
  std::vector<Sent> sent;
  std::vector<Decision> decisions;
  std::vector<std::pair<Handle, AttemptId>> begun;
  std::map<Handle, Memory> stored;  ///< as last written
  int rows_written = 0;
  int touched = 0;

  void commit(Handle handle, AttemptId attempt) {
    governor_.committed(instant(), handle, attempt);
    step();
  }
  void answer(const Sent& update, const Reaction& reaction) {
    governor_.answered(instant(), update.workload, update.attempt, reaction.answer);
    if (reaction.ready_after) {
      const std::size_t number = sent.size();
      schedule(now_ + *reaction.ready_after, [this, update, number] {
        // The readiness of a rollout that was replaced is nobody's news.
        if (number == sent.size()) rolled_out(update.workload, true);
      });
    }
    step();
  }

  /// What the loop does after each round of events.
  void step() {
    if (stepping_) return;
    stepping_ = true;
    pump();
    for (int round = 0; governor_.next_turn(BootTime(now_)) <= BootTime(now_) && round < 100;
         ++round) {
      if (!governor_.next_turn(BootTime(now_))) break;
      governor_.turn(instant());
      pump();
    }
    stepping_ = false;
    check();
  }

 private:
  void pump() {
    while (true) {
      const std::vector<Decision> taken = governor_.take_decisions();
      for (const Handle handle : governor_.take_dirty()) {
        stored[handle] = governor_.memory(handle);
        ++rows_written;
      }
      touched += static_cast<int>(governor_.take_touched().size());
      if (taken.empty()) break;
      for (const Decision& decision : taken) carry_out(decision);
    }
    governor_.release_handles();
  }

  void carry_out(const Decision& decision) {
    decisions.push_back(decision);
    const Handle handle = decision.workload;
    if (decision.action == Action::begin || decision.action == Action::recommit) {
      if (decision.action == Action::begin) begun.emplace_back(handle, decision.attempt);
      if (commit_by_hand) return;
      if (commit_latency == 0s) {
        governor_.committed(instant(), handle, decision.attempt);
      } else {
        schedule(now_ + commit_latency,
                 [this, handle, id = decision.attempt] { commit(handle, id); });
      }
    } else if (decision.action == Action::send) {
      const Sent update{now_,           handle,           decision.fingerprint,
                        decision.level, decision.attempt, decision.delay.has_value()};
      sent.push_back(update);
      if (answer_by_hand) return;
      const Reaction reaction = react(update);
      if (reaction.latency == 0s) {
        answer(update, reaction);
      } else {
        schedule(now_ + reaction.latency, [this, update, reaction] { answer(update, reaction); });
      }
    }
  }

  void check() {
    const Totals& totals = governor_.totals();
    CHECK(totals.changes == totals.carried + totals.coalesced + totals.changes_pending);
    std::uint64_t changes = 0;
    std::uint64_t coalesced = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t pending = 0;
    governor_.for_each([&](Handle handle) {
      const Workload& w = governor_.workload(handle);
      changes += w.changes;
      coalesced += w.coalesced;
      suppressed += w.suppressed;
      pending += w.change_pending ? 1 : 0;
      CHECK(w.changes >= w.coalesced + (w.change_pending ? 1 : 0));
      CHECK(w.suppressed <= w.changes);
    });
    CHECK(pending == totals.changes_pending);
    if (count(Action::forget) == 0) {
      CHECK(changes == totals.changes);
      CHECK(coalesced == totals.coalesced);
    }
    std::int64_t waiting = 0;
    for (const std::int64_t by_gate : totals.waiting) {
      CHECK(by_gate >= 0);
      waiting += by_gate;
    }
    CHECK(waiting <= static_cast<std::int64_t>(governor_.size()));
  }

  Duration now_;
  std::chrono::milliseconds wall_shift_{0};
  Governor governor_;
  std::multimap<Duration, std::function<void()>> events_;
  int storm_changes_ = 0;
  bool stepping_ = false;
};

}  // namespace ebbgate::governor::testing

namespace doctest {
template <>
struct StringMaker<std::vector<ebbgate::Duration>> {
  static String convert(const std::vector<ebbgate::Duration>& durations) {
    std::string text;
    for (const ebbgate::Duration duration : durations) {
      text += std::to_string(std::chrono::duration<double>(duration).count()) + " ";
    }
    return text.c_str();
  }
};
}  // namespace doctest
