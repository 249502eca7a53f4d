#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "tests/property/world/simulated_clock.h"

namespace ebbgate::property {

/// Who an event belongs to: it ends with its owner.
enum class Owner : std::uint8_t {
  world,    ///< outlives the process
  process,  ///< dies with it
};

/// What is going to happen, in order of time, then of being told.
class EventQueue {
 public:
  using Id = std::uint64_t;
  using Act = std::function<void()>;

  Id at(TrueTime time, Owner owner, Act act) {
    const Id id = ++last_;
    events_.emplace(std::pair(time, id), Event{owner, std::move(act)});
    return id;
  }
  void cancel(Id id) {
    std::erase_if(events_, [&](const auto& event) { return event.first.second == id; });
  }
  void process_died() {
    std::erase_if(events_, [](const auto& event) { return event.second.owner == Owner::process; });
  }
  std::optional<TrueTime> next() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first.first;
  }
  /// Runs the first event that is due and was told no later than the event `told_before`: what an
  /// event leads to belongs to the next round. False: there is none.
  bool run_one(TrueTime now, Id told_before) {
    for (auto event = events_.begin(); event != events_.end() && event->first.first <= now;
         ++event) {
      if (event->first.second > told_before) continue;
      const Act act = std::move(event->second.act);
      events_.erase(event);
      act();
      return true;
    }
    return false;
  }
  Id last() const { return last_; }

 private:
  struct Event {
    Owner owner;
    Act act;
  };
  std::map<std::pair<TrueTime, Id>, Event> events_;
  Id last_ = 0;
};

}  // namespace ebbgate::property
