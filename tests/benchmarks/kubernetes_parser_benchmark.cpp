#include <string>

#include <benchmark/benchmark.h>

#include "controller/kubernetes/parser.h"

// What reading one page of a list costs: 500 objects of 6 KB, as the API server sends them.

namespace {

using namespace ebbgate::kubernetes;

constexpr int kObjects = 500;
constexpr std::size_t kValue = 6000;

std::string value_of(ConfigKind kind) {
  if (kind == ConfigKind::secret) return std::string(kValue / 4 * 4, 'A');
  std::string text;
  while (text.size() < kValue) text += "key: value of some configuration file\\n";
  return text;
}

std::string page(ConfigKind kind) {
  const std::string value = value_of(kind);
  std::string text = R"({"metadata":{"resourceVersion":"900"},"items":[)";
  for (int i = 0; i < kObjects; ++i) {
    if (i > 0) text += ',';
    text +=
        R"({"metadata":{"name":"object-)" + std::to_string(i) +
        R"(","namespace":"default","uid":"5f0c9c0e","resourceVersion":"42","managedFields":)"
        R"([{"manager":"kubectl","fieldsV1":{"f:data":{".":{},"f:file":{}}}}]},"data":{"file":")" +
        value + "\"}}";
  }
  return text + "]}";
}

void read_page(benchmark::State& state, ConfigKind kind, const Interest& interest) {
  const std::string json = page(kind);
  const InterestOf of_all = [&](const ConfigName&) { return interest; };
  Parser parser;
  std::size_t objects = 0;
  for (auto _ : state) {
    std::string text = json;
    const auto end =
        parser.config_page(text, kind, of_all, [&](const ConfigObject&) { ++objects; });
    if (!end) state.SkipWithError("the page is not understood");
  }
  benchmark::DoNotOptimize(objects);
  state.SetItemsProcessed(state.iterations() * kObjects);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
}

}  // namespace

BENCHMARK_CAPTURE(read_page, config_maps_of_no_interest, ConfigKind::config_map, Interest{});
BENCHMARK_CAPTURE(read_page, config_maps_of_interest, ConfigKind::config_map, Interest{true, {}});
BENCHMARK_CAPTURE(read_page, secrets_of_no_interest, ConfigKind::secret, Interest{});
BENCHMARK_CAPTURE(read_page, secrets_of_interest, ConfigKind::secret, Interest{true, {}});
