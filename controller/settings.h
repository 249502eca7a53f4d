#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "controller/feedback/settings.h"
#include "controller/governor/hold.h"
#include "controller/governor/limits.h"
#include "controller/governor/policy.h"

/// The effective configuration, with the product's defaults. How it is written down is
/// controller/configuration's business.
namespace ebbgate {

enum class LogFormat { text, json };

struct LogSettings final {
  std::string level = "info";  ///< debug, info, warn, error
  LogFormat format = LogFormat::text;
  bool operator==(const LogSettings&) const = default;
};

struct HistorySettings final {
  int keep = 10000;
  int per_workload = 200;
  bool operator==(const HistorySettings&) const = default;
};

/// A request to an HTTP(S) URL.
struct HttpRequest final {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  bool operator==(const HttpRequest&) const = default;
};

struct SignalUpdate final {
  std::string pid_file;
  int signal = 0;
  bool allow_pid_1 = false;  ///< the file may name the first process of the machine or container
  bool operator==(const SignalUpdate&) const = default;
};

/// How a local workload takes on its configuration: exactly one of exec, http, signal.
struct LocalUpdate final {
  std::vector<std::string> exec;  ///< argv; empty: not this
  std::optional<HttpRequest> http;
  std::optional<SignalUpdate> signal;
  Duration timeout = std::chrono::seconds(30);
  bool operator==(const LocalUpdate&) const = default;
};

/// How its readiness is probed: exactly one of exec, http.
struct LocalReadiness final {
  std::vector<std::string> exec;
  std::optional<HttpRequest> http;  ///< GET
  Duration interval = std::chrono::seconds(1);
  Duration timeout = std::chrono::minutes(5);
  bool operator==(const LocalReadiness&) const = default;
};

/// What is larger is taken for no configuration: it is not read.
inline constexpr std::size_t kUsualMaxFileSize = std::size_t{64} * 1024 * 1024;

struct LocalWorkload final {
  std::string name;
  std::string namespace_name = "default";
  std::vector<std::string> watch;  ///< absolute paths of files and folders, as written otherwise
  LocalUpdate update;
  std::optional<LocalReadiness> ready;
  std::size_t max_file_size = kUsualMaxFileSize;  ///< in bytes; of each file
  bool adopt_on_first_sight = true;
  governor::Hold hold;
  governor::BackoffSettings backoff;  ///< the global values with this workload's on top
  governor::SettleSettings settle;
  bool operator==(const LocalWorkload&) const = default;
};

struct LocalSettings final {
  Duration rescan = std::chrono::minutes(1);
  std::size_t max_file_size = kUsualMaxFileSize;  ///< of workloads that say nothing else
  std::vector<std::string> ignore = {"*.swp", "*~", "4913", ".#*"};
  std::vector<LocalWorkload> workloads;
  bool operator==(const LocalSettings&) const = default;
};

/// Who decides, where several replicas run.
struct LeaderElectionSettings final {
  bool enabled = true;
  std::string namespace_name;  ///< of the Lease; empty: the pod's, else `default`
  std::string name = "ebbgate";
  std::string identity;  ///< empty: the pod's uid, else one of the machine and the process
  Duration duration = std::chrono::seconds(15);  ///< whole seconds
  Duration renew = std::chrono::seconds(10);
  Duration retry = std::chrono::seconds(2);
  bool operator==(const LeaderElectionSettings&) const = default;
};

struct KubernetesSettings final {
  std::string kubeconfig;  ///< absolute once loaded; empty: in-cluster, $KUBECONFIG, ~/.kube/config
  std::string context;     ///< empty: the kubeconfig's current one
  std::vector<std::string> namespaces;  ///< without duplicates; empty: all
  /// Whose opt-in annotations count beside ebbgate.io's.
  bool honor_wave = true;
  bool honor_reloader = false;
  std::string secret_field_selector = "type!=helm.sh/release.v1";  ///< empty: none
  LeaderElectionSettings leader_election;
  Duration resync = std::chrono::minutes(10);
  bool operator==(const KubernetesSettings&) const = default;
};

struct Settings final {
  std::string provider = "local";       ///< local or kubernetes
  std::string database = "ebbgate.db";  ///< absolute once loaded
  std::string listen = "127.0.0.1:9911";
  /// Names, beside this machine's, that requests may be sent to.
  std::vector<std::string> listen_hosts;
  std::string admin_socket = "ebbgate.sock";  ///< absolute once loaded; empty: off
  LogSettings log;
  bool core_dumps = false;  ///< debug.core_dumps
  governor::BackoffSettings backoff;
  std::optional<int> unknown_level;  ///< backoff.unknown_level; absent: highest
  governor::SettleSettings settle;
  governor::BudgetSettings budget;
  governor::UnfinishedSettings unfinished;
  governor::RetrySettings retry;
  HistorySettings history;
  int max_workload_series = 10000;
  LocalSettings local;
  KubernetesSettings kubernetes;
  std::vector<feedback::PeerSettings> feedback;
  bool operator==(const Settings&) const = default;
};

}  // namespace ebbgate
