#pragma once

#include <cstdint>

#include "metrics/catalogue.h"

namespace ebbgate::metrics {

/// How well a provider reads its workloads' files. Any thread.
class FileMetrics final {
 public:
  /// The catalogue must outlive it, and must have no other one.
  explicit FileMetrics(Catalogue& catalogue);

  void set_overdue_reads(std::uint64_t count) { overdue_reads_.Set(static_cast<double>(count)); }

 private:
  prometheus::Gauge& overdue_reads_;
};

}  // namespace ebbgate::metrics
