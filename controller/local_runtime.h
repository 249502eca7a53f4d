#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "controller/local/local_provider.h"
#include "controller/log.h"
#include "controller/provider_runtime.h"
#include "metrics/file_metrics.h"
#include "metrics/watch_metrics.h"

namespace ebbgate {

/// The provider for plain hosts, which always leads, with the metrics of its watch.
class LocalRuntime final : public ProviderRuntime {
 public:
  /// What is handed in must outlive it.
  LocalRuntime(const Settings& settings, Log& log, metrics::Catalogue& catalogue,
               ProviderListener& listener);

  Provider& provider() override { return provider_; }
  void start() override { provider_.start(); }
  void reconfigure(const Settings& settings) override { provider_.reconfigure(settings.local); }
  void stop(Duration patience) override { provider_.stop(patience); }
  std::vector<std::string> problems() override;
  std::vector<LongRead> long_reads() override;
  std::map<std::string, std::string> passed_over() override;
  bool left_threads() const override { return provider_.left_threads(); }
  void refresh_metrics() override;

 private:
  metrics::WatchMetrics watches_;
  metrics::FileMetrics files_;
  Mutex mutex_;
  std::uint64_t overflows_told_ EBBGATE_GUARDED_BY(mutex_) = 0;
  local::LocalProvider provider_;
};

}  // namespace ebbgate
