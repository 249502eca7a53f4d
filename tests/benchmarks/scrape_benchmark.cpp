#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "metrics/catalogue.h"
#include "metrics/exposition.h"
#include "metrics/workload_series.h"

namespace {

using namespace ebbgate;

// Names as long as Kubernetes' usually are, and levels as a storm leaves them.
WorkloadKey key_of(int index) {
  return {"namespace-" + std::to_string(index % 100), "Deployment",
          "workload-with-a-usual-name-" + std::to_string(index)};
}

void fill(metrics::WorkloadSeries& series, int count, const Instant& now) {
  for (int index = 0; index < count; ++index) {
    series.update(key_of(index), 1 + index % 10, now.boot + std::chrono::seconds(index % 64));
  }
}

// A whole scrape; the argument is the number of throttled workloads.
void scrape(benchmark::State& state) {
  const Instant now = SystemClock().now();
  const metrics::Catalogue catalogue({"1.0.0", "0123456789ab"}, 11);
  metrics::WorkloadSeries series(10000);
  fill(series, static_cast<int>(state.range(0)), now);
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = metrics::exposition(catalogue, series, {}, now);
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(scrape)->Arg(0)->Arg(10000)->Arg(100000)->Unit(benchmark::kMillisecond);

// What the loop pays for a workload whose level or deadline changed, among 10,000 of them.
void update_one_workload(benchmark::State& state) {
  const Instant now = SystemClock().now();
  metrics::WorkloadSeries series(10000);
  fill(series, 10000, now);
  std::vector<WorkloadKey> keys;
  keys.reserve(10000);
  for (int index = 0; index < 10000; ++index) keys.push_back(key_of(index));
  std::size_t turn = 0;
  for (auto _ : state) {
    series.update(keys[turn * 7919 % keys.size()], static_cast<int>(turn % 11), now.boot);
    ++turn;
  }
}
BENCHMARK(update_one_workload);

}  // namespace

BENCHMARK_MAIN();
