#include "controller/local_runtime.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_kind.h"
#include "base/text.h"
#include "controller/descriptor_needs.h"
#include "storage/own_names.h"

namespace ebbgate {

namespace {

constexpr std::array<std::string_view, 1> kResources{"files"};

// By folders as the watch sees them, where links have been followed.
std::vector<local::OwnFiles> own_files(const std::filesystem::path& database) {
  std::vector<local::OwnFiles> files;
  const auto add = [&](const std::filesystem::path& file) {
    std::error_code unknown;
    const auto folder = std::filesystem::weakly_canonical(file.parent_path(), unknown);
    storage::OwnNames names = storage::own_names(file);
    files.push_back({(unknown ? file.parent_path() : folder).string(), std::move(names.whole),
                     std::move(names.beginnings)});
  };
  add(database);
  // SQLite keeps its further files beside what a link leads to.
  std::error_code unknown;
  const auto real = std::filesystem::weakly_canonical(database, unknown);
  if (!unknown && real != database) add(real);
  return files;
}

}  // namespace

LocalRuntime::LocalRuntime(const Settings& settings, Log& log, metrics::Catalogue& catalogue,
                           ProviderListener& listener)
    : watches_(catalogue, kResources, metrics::kFileWatchRestartLabels),
      files_(catalogue),
      provider_(
          settings.local, listener, [&log](const std::string& line) { log.info(line); },
          [&log](const std::string& line) { log.warn(line); }, own_files(settings.database),
          descriptors_for_updates(settings)) {}

std::vector<std::string> LocalRuntime::problems() {
  std::vector<std::string> problems;
  for (const LongRead& read : long_reads()) {
    if (!read.overdue) continue;
    problems.push_back(read.reference + " is still being read for " +
                       format_duration(std::chrono::floor<std::chrono::seconds>(read.so_far)) +
                       ": look at the disk or file server that holds it, or at how much is in it");
  }
  constexpr std::size_t kMostPaths = 20;
  const std::vector<local::PassedOver> paths = provider_.passed_over();
  for (std::size_t i = 0; i < std::min(paths.size(), kMostPaths); ++i) {
    problems.push_back(unreadable_kind_sentence(paths[i].path, paths[i].kind));
  }
  if (paths.size() > kMostPaths) {
    problems.push_back(std::to_string(paths.size() - kMostPaths) +
                       " more watched paths are neither files nor folders");
  }
  return problems;
}

std::map<std::string, std::string> LocalRuntime::passed_over() {
  std::map<std::string, std::string> words;
  for (const local::PassedOver& passed : provider_.passed_over()) {
    words.emplace(passed.path, name_of(passed.kind));
  }
  return words;
}

std::vector<LongRead> LocalRuntime::long_reads() {
  std::vector<LongRead> reads;
  const BootTime now = BootClock::now();
  for (local::SlowRead& read : provider_.slow_reads()) {
    reads.push_back({std::move(read.path), now - read.since, read.first, read.overdue,
                     std::move(read.workloads)});
  }
  return reads;
}

void LocalRuntime::refresh_metrics() {
  // Two scrapes at a time must not count an overflow twice.
  const MutexLock lock(mutex_);
  const local::WatchStatistics now = provider_.watch_statistics();
  files_.set_overdue_reads(now.overdue);
  const std::string resource(kResources.front());
  if (now.last_event) watches_.heard(resource, *now.last_event);
  if (now.overflows == overflows_told_) return;
  watches_.restarted(resource, std::string(metrics::kFileWatchRestartLabels.front()),
                     static_cast<double>(now.overflows - overflows_told_));
  overflows_told_ = now.overflows;
}

}  // namespace ebbgate
