#include "controller/local_runtime.h"

#include <array>
#include <string>
#include <string_view>

namespace ebbgate {

namespace {

constexpr std::array<std::string_view, 1> kResources{"files"};

}  // namespace

LocalRuntime::LocalRuntime(const Settings& settings, Log& log, metrics::Catalogue& catalogue,
                           ProviderListener& listener)
    : watches_(catalogue, kResources, metrics::kFileWatchRestartLabels),
      provider_(
          settings.local, listener, [&log](const std::string& line) { log.info(line); },
          [&log](const std::string& line) { log.warn(line); }) {}

void LocalRuntime::refresh_metrics() {
  // Two scrapes at a time must not count an overflow twice.
  const MutexLock lock(mutex_);
  const local::WatchStatistics now = provider_.watch_statistics();
  const std::string resource(kResources.front());
  if (now.last_event) watches_.heard(resource, *now.last_event);
  if (now.overflows == overflows_told_) return;
  watches_.restarted(resource, std::string(metrics::kFileWatchRestartLabels.front()),
                     static_cast<double>(now.overflows - overflows_told_));
  overflows_told_ = now.overflows;
}

}  // namespace ebbgate
