#include "controller/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/host_name.h"
#include "base/text.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/paths.h"
#include "controller/kubernetes_runtime.h"
#include "controller/local_runtime.h"
#include "controller/version.h"
#include "metrics/exposition.h"

namespace ebbgate {

namespace {

// Together less than the five seconds within which the process ends.
constexpr Duration kPatienceForCommits = std::chrono::milliseconds(500);
constexpr Duration kPatienceForUpdates = std::chrono::seconds(3);
constexpr Duration kPatienceForStore = std::chrono::seconds(1);

ControllerSettings controller_settings(const Settings& settings) {
  return {{settings.budget, settings.unfinished, settings.retry},
          std::make_shared<const governor::Policy>(settings.backoff, settings.settle),
          settings.unknown_level};
}

storage::HistoryBounds history_bounds(const Settings& settings) {
  return {static_cast<std::size_t>(settings.history.keep),
          static_cast<std::size_t>(settings.history.per_workload)};
}

storage::StoreThreadOptions store_options(const Settings& settings) {
  storage::StoreThreadOptions options;
  options.history = history_bounds(settings);
  // There each update carries its state with it, and waits for no commit.
  if (settings.provider == "kubernetes") options.gather = std::chrono::milliseconds(100);
  return options;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::unique_ptr<ProviderRuntime> make_provider(const Settings& settings,
                                               const KubernetesRuntime::Parts& parts) {
  if (settings.provider == "kubernetes") {
    return std::make_unique<KubernetesRuntime>(settings, parts);
  }
  return std::make_unique<LocalRuntime>(settings, parts.log, parts.catalogue, parts.loop);
}

std::vector<Observer*> observers(std::vector<Observer*> observers, Observer* of_provider) {
  if (of_provider != nullptr) observers.push_back(of_provider);
  return observers;
}

// What people on other machines may call this one.
std::shared_ptr<const metrics::HostNames> host_names(const Settings& settings) {
  std::vector<std::string> names = metrics::with_short_form(host_name());
  if (const auto address = configuration::parse_listen(settings.listen)) {
    names.push_back(address->host);
  }
  names.insert(names.end(), settings.listen_hosts.begin(), settings.listen_hosts.end());
  return std::make_shared<const metrics::HostNames>(names);
}

// However many clients come, most descriptors are for what decisions need.
metrics::ServerLimits server_limits() {
  constexpr rlim_t kShare = 12;
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const auto share = static_cast<std::size_t>(std::max<rlim_t>(descriptors.rlim_cur / kShare, 4));
  metrics::ServerLimits limits;
  for (std::size_t* most : {&limits.connections, &limits.queue, &limits.threads}) {
    *most = std::min(*most, share);
  }
  return limits;
}

// Tells this process from those before it, in what the API names moments by.
std::string name_of_run(WallTime started) {
  return std::to_string(started.time_since_epoch().count()) + "-" + std::to_string(getpid());
}

}  // namespace

Process::Process(const Settings& settings, Log& log, storage::OpenedStore opened,
                 std::function<void()> on_lost)
    : log_(log),
      random_(std::random_device()()),
      catalogue_({kVersion, kRevision},
                 governor::Policy(settings.backoff, settings.settle).highest_level()),
      series_(static_cast<std::size_t>(settings.max_workload_series)),
      reporter_(log, catalogue_, series_),
      news_(name_of_run(clock_.now().wall)),
      loaded_(opened.loaded),
      loss_(loaded_, settings.unknown_level, clock_.now()),
      store_(std::move(opened), store_options(settings), this),
      provider_(make_provider(settings, {log, catalogue_, loop_, clock_, std::move(on_lost)})),
      feedback_(log, clock_, store_),
      observers_(observers({&reporter_, &feedback_.outcomes(), &overview_, &news_},
                           provider_->observer())),
      controller_(controller_settings(settings), clock_, store_, provider_->provider(), observers_,
                  [this] { return std::uniform_real_distribution<double>()(random_); }),
      status_(
          {loop_, *provider_, overview_, news_, clock_.now().wall, [this] { return problems(); },
           [this] { return admin_socket(); }, [this] { return loss_.told(clock_.now().boot); }},
          [this](const std::optional<WorkloadKey>& key, std::size_t limit) {
            return store_.history(key, limit);
          }) {
  catalogue_.config_last_reload_successful.Set(1);
}

Process::~Process() {
  static_cast<void>(stop());
}

std::optional<std::string> Process::start(const Settings& settings) {
  try {
    return begin(settings);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::optional<std::string> Process::begin(const Settings& settings) {
  if (auto problem = feedback_.start(loaded_, settings)) return problem;
  if (auto problem = listen(settings)) return problem;
  if (loaded_.found == storage::Found::lost) {
    catalogue_.store_recoveries(loaded_.reason_label).Increment();
    log_.error("the stored state was lost; workloads start at backoff.unknown_level",
               {{"reason", loaded_.reason}});
  }
  if (loaded_.found == storage::Found::restored) {
    catalogue_.store_recoveries(loaded_.reason_label).Increment();
    log_.warn(
        "the stored state is a restored copy; workloads start at backoff.unknown_level, or at "
        "their "
        "level in the copy where that is higher",
        {{"reason", loaded_.reason}});
  }
  controller_.begin(std::exchange(loaded_, {}));
  store_.start(loop_);
  loop_.start(controller_,
              [this](Duration took) { catalogue_.loop_turn_duration.Observe(seconds(took)); });
  provider_->start();
  return std::nullopt;
}

std::optional<std::string> Process::listen(const Settings& settings) {
  metrics::Listener::Result tcp = metrics::Listener::tcp(settings.listen);
  if (!tcp.listener) return tcp.error;
  AdminServer admin = admin_server(settings);
  if (admin.refusal) return admin.refusal;
  take_over(std::move(admin));
  server_ = serve(std::move(tcp.listener), metrics::Access::read_only, host_names(settings));
  log_.info("listening on http://" + server_->address());
  return std::nullopt;
}

Process::AdminServer Process::admin_server(const Settings& settings) {
  AdminServer admin;
  admin.same = settings.admin_socket == (admin_server_ ? admin_server_->address() : "");
  if (admin.same || settings.admin_socket.empty()) return admin;
  metrics::Listener::Result socket = metrics::Listener::unix_socket(settings.admin_socket);
  if (socket.listener) {
    try {
      admin.server = serve(std::move(socket.listener), metrics::Access::admin);
    } catch (const std::runtime_error& error) {
      admin.refusal = error.what();
    }
    std::error_code unknown;
    admin.path =
        std::filesystem::absolute(settings.admin_socket, unknown).lexically_normal().string();
  } else if (settings.admin_socket != configuration::usual_admin_socket(settings.database)) {
    admin.refusal = socket.error;
  } else {
    admin.problem = "`ebbgate release` does not reach this process: " + socket.error;
    log_.warn(admin.problem);
  }
  return admin;
}

void Process::take_over(AdminServer admin) {
  if (admin.same) return;
  {
    const MutexLock lock(problems_mutex_);
    socket_problem_ = admin.problem;
    socket_path_ = admin.path;
  }
  // Only now the one before ends, which waits for requests at work.
  admin_server_ = std::move(admin.server);
}

std::unique_ptr<metrics::HttpServer> Process::serve(
    std::unique_ptr<metrics::Listener> listener, metrics::Access access,
    std::shared_ptr<const metrics::HostNames> names) {
  const auto exposition = [this] {
    catalogue_.store_size.Set(static_cast<double>(store_.size_in_bytes()));
    catalogue_.leader.Set(provider_->leadership().leading ? 1 : 0);
    provider_->refresh_metrics();
    reporter_.refresh(clock_.now().boot);
    return metrics::exposition(catalogue_, series_, feedback_.source().peers(), clock_.now());
  };
  return std::make_unique<metrics::HttpServer>(
      std::move(listener),
      metrics::api_handler(status_, feedback_.source(), exposition, clock_, access),
      server_limits(), std::move(names));
}

std::optional<std::string> Process::reconfigure(const Settings& settings) {
  // First what may fail, then what takes effect.
  AdminServer admin = admin_server(settings);
  if (admin.refusal) return admin.refusal;
  if (auto problem = feedback_.reconfigure(settings)) return problem;
  take_over(std::move(admin));
  if (server_) server_->answer_to(host_names(settings));
  log_.configure(settings.log);
  store_.bound_history(history_bounds(settings));
  series_.set_max_workloads(static_cast<std::size_t>(settings.max_workload_series));
  loop_.post([next = controller_settings(settings)](Controller& controller) {
    controller.configure(next);
  });
  provider_->reconfigure(settings);
  catalogue_.config_last_reload_successful.Set(1);
  const MutexLock lock(problems_mutex_);
  reload_problem_.clear();
  return std::nullopt;
}

void Process::reload_failed(const std::string& problem) {
  catalogue_.config_last_reload_successful.Set(0);
  const MutexLock lock(problems_mutex_);
  reload_problem_ = problem;
}

std::string Process::admin_socket() {
  const MutexLock lock(problems_mutex_);
  return socket_path_;
}

std::vector<std::string> Process::problems() {
  std::vector<std::string> problems;
  const MutexLock lock(problems_mutex_);
  for (const std::string& problem :
       {reload_problem_, socket_problem_, store_problem_, loss_.told(clock_.now().boot)}) {
    if (!problem.empty()) problems.push_back(problem);
  }
  return problems;
}

bool Process::stop() {
  // Requests at work may be waiting for a disk that hangs; updates need not wait for them.
  const std::array servers{server_.get(), admin_server_.get()};
  for (metrics::HttpServer* server : servers) {
    if (server != nullptr) server->begin_stop();
  }
  loop_.stop(kPatienceForCommits, [this] { provider_->stop(kPatienceForUpdates); });
  for (metrics::HttpServer* server : servers) {
    if (server != nullptr) server->stop();
  }
  feedback_.stop();
  return store_.close(kPatienceForStore);
}

void Process::commit_finished(Duration took, bool /*succeeded*/) {
  catalogue_.store_commit_duration.Observe(seconds(took));
}

void Process::checkpoint_failed(const std::string& error) {
  log_.warn("the write-ahead log could not be moved into the database; it grows until that works",
            {{"reason", error}});
}

void Process::files_restored(const std::string& what) {
  const std::string problem = what + "; the state was written anew, and nothing is lost";
  log_.error(problem, {{"advice", "find out who touches the files of the database"}});
  const MutexLock lock(problems_mutex_);
  store_problem_ = problem + " (" + format_time(clock_.now().wall) +
                   "): find out who touches the files of the database";
}

}  // namespace ebbgate
