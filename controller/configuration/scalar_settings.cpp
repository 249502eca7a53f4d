#include "controller/configuration/scalar_settings.h"

#include "base/text.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/nearest.h"

namespace ebbgate::configuration {

namespace {

// Each of these describes one type of setting; `field` finds its place in Settings.

template <class Field>
ScalarSetting duration(std::string key, Field field, std::string help,
                       Problem (*read)(std::string_view, Duration&) = read_duration) {
  return {std::move(key), "DURATION", std::move(help),
          [=](std::string_view given, Settings& settings) { return read(given, field(settings)); },
          [field](const Settings& settings) { return format_duration(field(settings)); }};
}

template <class Field>
ScalarSetting number(std::string key, Field field, std::string help) {
  return {std::move(key), "NUMBER", std::move(help),
          [field](std::string_view given, Settings& settings) {
            return read_number(given, field(settings));
          },
          [field](const Settings& settings) { return number_text(field(settings)); }};
}

template <class Field>
ScalarSetting whole_number(std::string key, Field field, std::int64_t lowest, std::int64_t highest,
                           std::string help) {
  return {std::move(key), "COUNT", std::move(help),
          [=](std::string_view given, Settings& settings) {
            std::int64_t value = 0;
            Problem problem = read_whole_number(given, lowest, highest, value);
            if (!problem) {
              field(settings) = static_cast<std::decay_t<decltype(field(settings))>>(value);
            }
            return problem;
          },
          [field](const Settings& settings) {
            return std::to_string(static_cast<std::int64_t>(field(settings)));
          }};
}

template <class Field>
ScalarSetting size(std::string key, Field field, Problem (*read)(std::string_view, std::size_t&),
                   std::string help) {
  return {std::move(key), "SIZE", std::move(help),
          [=](std::string_view given, Settings& settings) { return read(given, field(settings)); },
          [field](const Settings& settings) { return size_text(field(settings)); }};
}

// A whole number, or a word for its absence.
template <class Field>
ScalarSetting optional_count(std::string key, Field field, const std::string& word,
                             std::int64_t lowest, std::int64_t highest, std::string help) {
  return {std::move(key), "COUNT|" + word, std::move(help),
          [=](std::string_view given, Settings& settings) -> Problem {
            std::int64_t value = 0;
            if (given == word) {
              field(settings) = std::nullopt;
            } else if (Problem problem = read_whole_number(given, lowest, highest, value)) {
              return *problem + ", or " + word;
            } else {
              field(settings) = static_cast<int>(value);
            }
            return std::nullopt;
          },
          [=](const Settings& settings) {
            const std::optional<int>& value = field(settings);
            return value ? std::to_string(*value) : word;
          }};
}

std::string either(const std::vector<std::string>& words) {
  std::string shown;
  for (const std::string& word : words) shown += (shown.empty() ? "" : "|") + word;
  return shown;
}

// One of `words`, kept as the enumerator of the same index.
template <class Field>
ScalarSetting choice(std::string key, Field field, const std::vector<std::string>& words,
                     std::string help) {
  return {
      std::move(key), either(words), std::move(help),
      [=](std::string_view given, Settings& settings) {
        std::size_t index = 0;
        Problem problem = read_choice(given, words, index);
        if (!problem) {
          field(settings) = static_cast<std::decay_t<decltype(field(settings))>>(index);
        }
        return problem;
      },
      [=](const Settings& settings) { return words[static_cast<std::size_t>(field(settings))]; }};
}

// One of `words`, kept as it is.
template <class Field>
ScalarSetting word(std::string key, Field field, const std::vector<std::string>& words,
                   std::string help) {
  return {std::move(key), either(words), std::move(help),
          [=](std::string_view given, Settings& settings) {
            std::size_t index = 0;
            Problem problem = read_choice(given, words, index);
            if (!problem) field(settings) = given;
            return problem;
          },
          [=](const Settings& settings) { return field(settings); }};
}

template <class Field, class Read>
ScalarSetting text(std::string key, std::string value, Field field, Read read, std::string help) {
  return {std::move(key),
          std::move(value),
          std::move(help),
          [=](std::string_view given, Settings& settings) { return read(given, field(settings)); },
          [=](const Settings& settings) { return field(settings); },
          true,
          true};
}

ScalarSetting needs_restart(ScalarSetting setting) {
  setting.reload = false;
  return setting;
}

Problem read_database(std::string_view given, std::string& value) {
  if (given.ends_with('/')) return "names a folder; name a file in it";
  return read_path(given, value);
}

Problem read_namespace_or_nothing(std::string_view given, std::string& value) {
  if (!given.empty()) return read_namespace(given, value);
  value.clear();
  return std::nullopt;
}

Problem read_path_or_nothing(std::string_view given, std::string& value) {
  if (!given.empty()) return read_path(given, value);
  value.clear();
  return std::nullopt;
}

ScalarSetting budget_rate() {
  return {"budget.rate", "NUMBER|unlimited",
          "updates per second, of all workloads together; 0: none at all",
          [](std::string_view given, Settings& settings) -> Problem {
            double rate = 0;
            if (given == "unlimited") {
              settings.budget.rate = std::nullopt;
            } else if (Problem problem = read_number(given, rate)) {
              return *problem + ", or unlimited";
            } else {
              settings.budget.rate = rate;
            }
            return std::nullopt;
          },
          [](const Settings& settings) {
            return settings.budget.rate ? number_text(*settings.budget.rate) : "unlimited";
          }};
}

constexpr std::int64_t kMost = 1'000'000'000;

// Where a setting is kept; the one expression serves reading and writing. A member's name takes no
// parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define EBBGATE_FIELD(member)   \
  [](auto& settings) -> auto& { \
    return settings.member;     \
  }
// NOLINTEND(bugprone-macro-parentheses)

std::vector<ScalarSetting> make_settings() {
  return {
      needs_restart(word("provider", EBBGATE_FIELD(provider), {"local", "kubernetes"},
                         "where workloads and their configuration come from")),
      needs_restart(text("database", "FILE", EBBGATE_FIELD(database), read_database,
                         "the SQLite file that remembers levels and history")),
      needs_restart(text("listen", "HOST:PORT", EBBGATE_FIELD(listen), read_listen,
                         "where the status page, /metrics, health and API are served")),
      text("admin_socket", "PATH", EBBGATE_FIELD(admin_socket), read_path_or_nothing,
           "a Unix socket, mode 0600, for release, relative to the database; off when empty"),
      word("log.level", EBBGATE_FIELD(log.level), {"debug", "info", "warn", "error"},
           "the least important messages that are logged"),
      choice("log.format", EBBGATE_FIELD(log.format), {"text", "json"}, "how log lines look"),
      choice("debug.core_dumps", EBBGATE_FIELD(core_dumps), {"false", "true"},
             "whether a crash leaves the memory behind, with the credentials in it"),
      duration("backoff.base", EBBGATE_FIELD(backoff.base), "the wait after the first update"),
      number("backoff.factor", EBBGATE_FIELD(backoff.factor),
             "by how much each further update lengthens the wait"),
      duration("backoff.max", EBBGATE_FIELD(backoff.max), "the longest wait between updates"),
      duration("backoff.stable_after", EBBGATE_FIELD(backoff.stable_after),
               "the rest after which all updates are forgiven"),
      duration("backoff.unhealthy_max", EBBGATE_FIELD(backoff.unhealthy_max),
               "the longest wait while the rollout before is not ready"),
      optional_count("backoff.unknown_level", EBBGATE_FIELD(unknown_level), "highest", 0, 64,
                     "the level of workloads whose state was lost"),
      duration("settle.quiet", EBBGATE_FIELD(settle.quiet),
               "the quiet time that makes one update of changes that belong together; 0: off"),
      duration("settle.max", EBBGATE_FIELD(settle.max), "the longest wait for that quiet time"),
      budget_rate(),
      whole_number("budget.burst", EBBGATE_FIELD(budget.burst), 1, kMost,
                   "updates that may go at once after a quiet time"),
      optional_count("unfinished.max", EBBGATE_FIELD(unfinished.max), "unlimited", 1, kMost,
                     "rollouts in flight, of all workloads together"),
      optional_count("unfinished.per_namespace", EBBGATE_FIELD(unfinished.per_namespace),
                     "unlimited", 1, kMost, "rollouts in flight in one namespace"),
      duration("unfinished.timeout", EBBGATE_FIELD(unfinished.timeout),
               "after this a rollout is no longer counted as in flight"),
      duration("retry.base", EBBGATE_FIELD(retry.base),
               "the wait after an update was refused for the first time"),
      number("retry.factor", EBBGATE_FIELD(retry.factor),
             "by how much each further refusal lengthens the wait"),
      duration("retry.max", EBBGATE_FIELD(retry.max), "the longest wait between retries"),
      choice("retry.jitter", EBBGATE_FIELD(retry.jitter), {"none", "equal", "full"},
             "which part of that wait is random: none, half or all of it"),
      whole_number("history.keep", EBBGATE_FIELD(history.keep), 1, kMost,
                   "rows of history, of all workloads together"),
      whole_number("history.per_workload", EBBGATE_FIELD(history.per_workload), 1, kMost,
                   "rows of history of one workload"),
      whole_number("metrics.max_workload_series", EBBGATE_FIELD(max_workload_series), 0, kMost,
                   "workloads with metrics of their own, the highest levels first"),
      duration("local.rescan", EBBGATE_FIELD(local.rescan),
               "how often all files are looked at, as a safety net", read_positive_duration),
      size("local.max_file_size", EBBGATE_FIELD(local.max_file_size), read_file_size,
           "the largest file that is taken for configuration; a larger one is not read"),
      needs_restart(text("kubernetes.kubeconfig", "PATH", EBBGATE_FIELD(kubernetes.kubeconfig),
                         read_path_or_nothing,
                         "how to reach the cluster; empty: in-cluster, then $KUBECONFIG, then "
                         "~/.kube/config")),
      needs_restart(text("kubernetes.context", "NAME", EBBGATE_FIELD(kubernetes.context), read_line,
                         "the kubeconfig's context; empty: its current one")),
      needs_restart(text("kubernetes.secret_field_selector", "SELECTOR",
                         EBBGATE_FIELD(kubernetes.secret_field_selector), read_line,
                         "which Secrets are read; empty: all")),
      needs_restart(choice("kubernetes.leader_election.enabled",
                           EBBGATE_FIELD(kubernetes.leader_election.enabled), {"false", "true"},
                           "whether one of several replicas leads; false: this is the only one")),
      needs_restart(text("kubernetes.leader_election.namespace", "NAMESPACE",
                         EBBGATE_FIELD(kubernetes.leader_election.namespace_name),
                         read_namespace_or_nothing,
                         "where the Lease is; empty: in the pod's namespace")),
      needs_restart(text("kubernetes.leader_election.name", "NAME",
                         EBBGATE_FIELD(kubernetes.leader_election.name), read_object_name,
                         "the Lease's name")),
      needs_restart(text("kubernetes.leader_election.identity", "NAME",
                         EBBGATE_FIELD(kubernetes.leader_election.identity), read_line,
                         "who this replica is; empty: the pod's uid")),
      needs_restart(duration("kubernetes.leader_election.duration",
                             EBBGATE_FIELD(kubernetes.leader_election.duration),
                             "how long a lease lasts that is not renewed", read_positive_duration)),
      needs_restart(duration(
          "kubernetes.leader_election.renew", EBBGATE_FIELD(kubernetes.leader_election.renew),
          "a leader that cannot renew for so long no longer leads", read_positive_duration)),
      needs_restart(duration(
          "kubernetes.leader_election.retry", EBBGATE_FIELD(kubernetes.leader_election.retry),
          "the wait between attempts to take or renew the lease", read_positive_duration)),
      needs_restart(duration("kubernetes.resync", EBBGATE_FIELD(kubernetes.resync),
                             "how often everything is listed anew, as a safety net",
                             read_positive_duration)),
  };
}

#undef EBBGATE_FIELD

}  // namespace

std::string_view ScalarSetting::section() const {
  const std::size_t dot = key.rfind('.');
  return std::string_view(key).substr(0, dot == std::string::npos ? 0 : dot);
}

std::string_view ScalarSetting::name() const {
  return std::string_view(key).substr(key.rfind('.') + 1);
}

const std::vector<ScalarSetting>& scalar_settings() {
  static const std::vector<ScalarSetting> settings = make_settings();
  return settings;
}

}  // namespace ebbgate::configuration
