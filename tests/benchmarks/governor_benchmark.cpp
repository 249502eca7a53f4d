#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "controller/governor/governor.h"

using namespace std::chrono_literals;

namespace {

using namespace ebbgate;
using governor::Action;
using governor::Decision;
using governor::Governor;
using governor::Handle;
using governor::Memory;

constexpr std::uint32_t kWorkloads = 100'000;
constexpr std::uint32_t kNamespaces = 100;

Digest content(std::uint64_t number) {
  Digest digest;
  for (std::size_t i = 0; i < 8; ++i) {
    digest.bytes.at(i) = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return digest;
}

/// A Governor whose commits and updates are answered at once, and which counts what it decides.
class World {
 public:
  explicit World(std::uint32_t workloads, governor::BudgetSettings budget = {std::nullopt, 100})
      : governor_({budget, {}, {}}, 100, BootTime(), [] { return 0.5; }) {
    const auto policy = std::make_shared<const governor::Policy>(governor::BackoffSettings(),
                                                                 governor::SettleSettings{0s, 0s});
    governor_.set_deciding(now(), true);
    for (std::uint32_t i = 0; i < workloads; ++i) {
      Memory memory;
      memory.applied = content(0);
      const Handle handle = governor_.add(now(),
                                          {"team-" + std::to_string(i % kNamespaces), "Deployment",
                                           "some-service-" + std::to_string(i)},
                                          policy, false, memory);
      governor_.desire(now(), handle, content(0));
    }
    turn();
    decided_ = 0;
  }

  Instant now() const { return {BootTime(time_), WallTime()}; }

  void pass(Duration duration) {
    const Duration until = time_ + duration;
    while (const auto next = governor_.next_turn(BootTime(time_))) {
      if (next->time_since_epoch() > until) break;
      time_ = std::max(time_, next->time_since_epoch());
      turn();
    }
    time_ = until;
  }

  /// One reconcile: what the configuration holds now is handed to the Governor, which decides
  /// whether anything follows.
  void reconcile(Handle handle, std::uint64_t number) {
    ++decided_;
    governor_.desire(now(), handle, content(number));
  }

  void turn() {
    governor_.turn(now());
    while (true) {
      const std::vector<Decision> decisions = governor_.take_decisions();
      if (decisions.empty()) break;
      decided_ += decisions.size();
      for (const Decision& decision : decisions) {
        if (decision.action == Action::begin || decision.action == Action::recommit) {
          governor_.committed(now(), decision.workload, decision.attempt);
        } else if (decision.action == Action::send) {
          ++sent_;
          governor_.answered(now(), decision.workload, decision.attempt,
                             {Outcome::applied, false, std::nullopt, {}});
        }
      }
    }
    benchmark::DoNotOptimize(governor_.take_dirty());
    benchmark::DoNotOptimize(governor_.take_touched());
  }

  std::uint64_t decided() const { return decided_; }
  std::uint64_t sent() const { return sent_; }
  Governor& governor() { return governor_; }

 private:
  Duration time_{};
  Governor governor_;
  std::uint64_t decided_ = 0;
  std::uint64_t sent_ = 0;
};

/// A busy cluster: of eight reconciles one finds a change; updates are sent and answered.
void decisions_with_100000_workloads(benchmark::State& state) {
  World world(kWorkloads);
  std::vector<std::uint64_t> contents(kWorkloads);
  std::uint64_t random = 1;
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      const auto handle = static_cast<Handle>((random >> 33) % kWorkloads);
      if ((random >> 24) % 8 == 0) ++contents[handle];
      world.reconcile(handle, contents[handle]);
    }
    world.pass(100ms);
  }
  state.counters["decisions"] =
      benchmark::Counter(static_cast<double>(world.decided()), benchmark::Counter::kIsRate);
  state.counters["updates"] =
      benchmark::Counter(static_cast<double>(world.sent()), benchmark::Counter::kIsRate);
}
BENCHMARK(decisions_with_100000_workloads)->Unit(benchmark::kMicrosecond);

/// The worst mix: every reconcile finds a change, at a random workload.
void changes_only_with_100000_workloads(benchmark::State& state) {
  World world(kWorkloads);
  std::uint64_t random = 1;
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      world.reconcile(static_cast<Handle>((random >> 33) % kWorkloads), ++number);
    }
    world.pass(100ms);
  }
  state.counters["decisions"] =
      benchmark::Counter(static_cast<double>(world.decided()), benchmark::Counter::kIsRate);
}
BENCHMARK(changes_only_with_100000_workloads)->Unit(benchmark::kMicrosecond);

/// Reconciles that find nothing.
void no_change_reconciles(benchmark::State& state) {
  World world(kWorkloads);
  std::uint64_t random = 1;
  for (auto _ : state) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    world.reconcile(static_cast<Handle>((random >> 33) % kWorkloads), 0);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(no_change_reconciles);

/// One second of a storm: one workload changes 1,000 times, among 100,000 idle ones.
void second_of_a_storm_of_1000_changes(benchmark::State& state) {
  World world(kWorkloads);
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) {
      world.reconcile(7, ++number);
      world.turn();
      world.pass(1ms);
    }
  }
  state.SetLabel("a storm second; 10000 us are 1 % of a core");
}
BENCHMARK(second_of_a_storm_of_1000_changes)->Unit(benchmark::kMicrosecond);

void bytes_per_idle_workload(benchmark::State& state) {
  double bytes = 0;
  for (auto _ : state) {
    const auto before = mallinfo2();
    const World world(kWorkloads);
    const auto after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) -
            static_cast<double>(before.uordblks + before.hblkhd);
  }
  state.counters["bytes"] = bytes / kWorkloads;
  state.counters["sizeof_workload"] = sizeof(governor::Workload);
}
BENCHMARK(bytes_per_idle_workload)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
