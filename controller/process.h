#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/controller.h"
#include "controller/feedback_runtime.h"
#include "controller/log.h"
#include "controller/loop.h"
#include "controller/observers.h"
#include "controller/provider_runtime.h"
#include "controller/reporter.h"
#include "controller/settings.h"
#include "controller/state_loss.h"
#include "controller/status.h"
#include "controller/status_news.h"
#include "controller/status_overview.h"
#include "metrics/api.h"
#include "metrics/catalogue.h"
#include "metrics/http_server.h"
#include "metrics/workload_series.h"
#include "storage/open_store.h"
#include "storage/store_thread.h"

namespace ebbgate {

/// All parts of a running Ebbgate, wired together. One thread starts, reconfigures and stops it.
class Process final : private storage::StoreObserver {
 public:
  /// Takes the state that was opened. Nothing runs yet. `on_lost` is called from any thread when
  /// this process led and does not any more: it is then to be stopped and begun anew. Throws where
  /// the provider cannot be made, with what to do.
  Process(const Settings& settings, Log& log, storage::OpenedStore opened,
          std::function<void()> on_lost);
  /// Stops where stop() was not called.
  ~Process() override;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Nothing once it runs; else why it cannot, with what to do: then it is to be stopped.
  [[nodiscard]] std::optional<std::string> start(const Settings& settings);
  /// Takes on new settings, none of which needs a restart; or leaves all as it is and returns why.
  [[nodiscard]] std::optional<std::string> reconfigure(const Settings& settings);
  /// A reload was refused: metrics and the status tell so until the next reconfigure().
  void reload_failed(const std::string& problem) EBBGATE_EXCLUDES(problems_mutex_);
  /// Ends within about 4.5 s whatever the disk and the commands do. False: the store could not be
  /// closed in time, and the process must end by _exit().
  [[nodiscard]] bool stop();
  /// After stop(): whether threads are left that cannot be ended, so that the process must end by
  /// _exit().
  bool left_threads() const { return provider_->left_threads(); }

 private:
  void commit_finished(Duration took, bool succeeded) override;
  void checkpoint_failed(const std::string& error) override;
  void files_restored(const std::string& what) override EBBGATE_EXCLUDES(problems_mutex_);
  // Throws std::runtime_error where this process lacks threads or descriptors.
  std::optional<std::string> begin(const Settings& settings);
  std::optional<std::string> listen(const Settings& settings);
  // What is to answer `release` from now on.
  struct AdminServer {
    std::optional<std::string> refusal;  // why these settings cannot be taken on
    bool same = false;                   // as the one that there is
    std::unique_ptr<metrics::HttpServer> server;
    std::string problem;  // why there is none, where that is no refusal
    std::string path;
  };
  AdminServer admin_server(const Settings& settings);
  void take_over(AdminServer admin) EBBGATE_EXCLUDES(problems_mutex_);
  // Requests to other names than `names` are refused; null: to none.
  std::unique_ptr<metrics::HttpServer> serve(
      std::unique_ptr<metrics::Listener> listener, metrics::Access access,
      std::shared_ptr<const metrics::HostNames> names = nullptr);
  std::vector<std::string> problems() EBBGATE_EXCLUDES(problems_mutex_);
  /// Where `release` goes now; empty: nowhere. Any thread.
  std::string admin_socket() EBBGATE_EXCLUDES(problems_mutex_);

  Log& log_;
  SystemClock clock_;
  std::mt19937_64 random_;
  metrics::Catalogue catalogue_;
  metrics::WorkloadSeries series_;
  Reporter reporter_;
  StatusOverview overview_;
  StatusNews news_;
  storage::Loaded loaded_;
  const StateLoss loss_;
  Loop loop_;
  storage::StoreThread store_;
  std::unique_ptr<ProviderRuntime> provider_;
  FeedbackRuntime feedback_;
  ObserverFanOut observers_;
  Controller controller_;
  StatusService status_;
  Mutex problems_mutex_;
  // What somebody should mend; empty: nothing.
  std::string reload_problem_ EBBGATE_GUARDED_BY(problems_mutex_);
  std::string socket_problem_ EBBGATE_GUARDED_BY(problems_mutex_);
  std::string store_problem_ EBBGATE_GUARDED_BY(problems_mutex_);
  std::string socket_path_ EBBGATE_GUARDED_BY(problems_mutex_);
  std::unique_ptr<metrics::HttpServer> server_;
  std::unique_ptr<metrics::HttpServer> admin_server_;
};

}  // namespace ebbgate
