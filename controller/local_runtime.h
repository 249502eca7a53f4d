#pragma once

#include "controller/local/local_provider.h"
#include "controller/log.h"
#include "controller/provider_runtime.h"

namespace ebbgate {

/// The provider for plain hosts, which always leads.
class LocalRuntime final : public ProviderRuntime {
 public:
  LocalRuntime(const Settings& settings, Log& log, ProviderListener& listener)
      : provider_(
            settings.local, listener, [&log](const std::string& line) { log.info(line); },
            [&log](const std::string& line) { log.warn(line); }) {}

  Provider& provider() override { return provider_; }
  void start() override { provider_.start(); }
  void reconfigure(const Settings& settings) override { provider_.reconfigure(settings.local); }
  void stop(Duration patience) override { provider_.stop(patience); }

 private:
  local::LocalProvider provider_;
};

}  // namespace ebbgate
