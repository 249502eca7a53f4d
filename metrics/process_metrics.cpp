#include "metrics/process_metrics.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace ebbgate::metrics {

namespace {

using prometheus::MetricType;

// The fields of /proc/self/stat that matter, as proc(5) names them.
struct Stat {
  double starttime = 0;  // clock ticks since boot
  double vsize = 0;      // bytes
  double rss = 0;        // pages
};

std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The program's name may hold anything; what follows its last parenthesis begins with field 3.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  Stat stat;
  fields >> stat.starttime >> stat.vsize >> stat.rss;
  if (!fields) return std::nullopt;
  return stat;
}

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// When the machine booted, in seconds since the epoch.
double boot_seconds() {
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  const double since_boot =
      static_cast<double>(boot.tv_sec) + static_cast<double>(boot.tv_nsec) / 1e9;
  const double wall =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return wall - since_boot;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  double count = 0;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    ++count;
  }
  if (error) return std::nullopt;
  return count - 1;  // the one that lists them
}

void add(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help,
         MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families.push_back({name, help, type, {metric}});
}

}  // namespace

std::vector<prometheus::MetricFamily> collect_process_metrics() {
  std::vector<prometheus::MetricFamily> families;
  add(families, "process_cpu_seconds_total", "Processor time used, user and system.",
      MetricType::Counter, processor_seconds());
  if (const auto stat = read_stat()) {
    add(families, "process_resident_memory_bytes", "Resident memory.", MetricType::Gauge,
        stat->rss * static_cast<double>(sysconf(_SC_PAGESIZE)));
    add(families, "process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge,
        stat->vsize);
    static const double kStart =
        boot_seconds() + stat->starttime / static_cast<double>(sysconf(_SC_CLK_TCK));
    add(families, "process_start_time_seconds", "When the process began, since the epoch.",
        MetricType::Gauge, kStart);
  }
  if (const auto open = open_descriptors()) {
    add(families, "process_open_fds", "Open file descriptors.", MetricType::Gauge, *open);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(families, "process_max_fds", "Highest number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
  return families;
}

}  // namespace ebbgate::metrics
