#include "metrics/file_metrics.h"

namespace ebbgate::metrics {

FileMetrics::FileMetrics(Catalogue& catalogue)
    : overdue_reads_(prometheus::BuildGauge()
                         .Name("ebbgate_watch_reads_overdue")
                         .Help("Watched files and folders whose reading takes more than 5 s.")
                         .Register(catalogue.registry())
                         .Add({})) {}

}  // namespace ebbgate::metrics
