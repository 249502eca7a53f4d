#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/shared_model.h"

namespace ebbgate::kubernetes {

/// Does what the model needs done: reads single config objects, works out Wave's hashes, and writes
/// the records that workloads carry, through a slow lane of 10 a second. One thread, one
/// connection. Each try is one request, so that one which fails keeps the others waiting no longer;
/// it queues again after a growing pause, what is forbidden after 30 s.
class ErrandRunner final {
 public:
  struct Pauses {
    Duration between_records = std::chrono::milliseconds(100);
    Duration after_failure = std::chrono::seconds(1);  ///< doubled for each more in a row
    Duration longest_after_failure = std::chrono::seconds(10);
    Duration after_forbidden = std::chrono::seconds(30);
  };
  struct Parts {
    SharedModel& model;
    Connector& connector;
    const Clock& clock;
    std::function<Duration()> lease_left;  ///< any thread
    std::function<double()> random;        ///< the runner's thread
    std::function<void(const std::string&)> warn;
    Pauses pauses = {};
  };

  explicit ErrandRunner(Parts parts) : parts_(std::move(parts)) {}
  ~ErrandRunner() { stop(); }
  ErrandRunner(const ErrandRunner&) = delete;
  ErrandRunner& operator=(const ErrandRunner&) = delete;

  /// Any thread; never blocks. Notices are not its business.
  void add(const Errands& errands) EBBGATE_EXCLUDES(mutex_);
  /// Makes its thread and connection. It has nothing to do before something is added. Throws
  /// NoThread, or std::system_error where no descriptor is to be had.
  void start();
  void stop() EBBGATE_EXCLUDES(mutex_);
  /// What may not be done, with what to do about it. Any thread.
  std::vector<std::string> problems() EBBGATE_EXCLUDES(mutex_);

 private:
  void run() EBBGATE_EXCLUDES(mutex_);
  void take_up_due(BootTime now) EBBGATE_REQUIRES(mutex_);
  void wait_for_work(BootTime now) EBBGATE_REQUIRES(mutex_);
  /// Objects that cannot exist are not found, without asking.
  Response get(const ConfigName& name);
  /// The text may hold a Secret, and nothing of the copy is left.
  std::optional<ConfigObject> parse_copy(std::string body, ConfigKind kind);
  void fetch(const ConfigName& name);
  void check_wave(const WorkloadKey& key);
  void check_wave_later(const WorkloadKey& key, Duration pause) EBBGATE_EXCLUDES(mutex_);
  void fetch_later(const ConfigName& name, Duration pause) EBBGATE_EXCLUDES(mutex_);
  void write_record(const WorkloadKey& key);
  void write_later(const WorkloadKey& key, Duration pause) EBBGATE_EXCLUDES(mutex_);
  /// How long to wait after `response`, which may be another one later.
  Duration pause_after(const Response& response);
  void retry_forbidden() EBBGATE_REQUIRES(mutex_);
  /// Says what is forbidden once for each verb, resource and namespace, until it is not.
  void note(const Request& request, const std::string& namespace_name, const Response& response)
      EBBGATE_EXCLUDES(mutex_);

  const Parts parts_;
  Parser parser_;
  std::unique_ptr<Connection> connection_;
  int failures_ = 0;  // in a row

  Mutex mutex_;
  Condition changed_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::deque<ConfigName> fetches_ EBBGATE_GUARDED_BY(mutex_);
  std::multimap<BootTime, ConfigName> later_fetches_ EBBGATE_GUARDED_BY(mutex_);
  std::deque<WorkloadKey> wave_checks_ EBBGATE_GUARDED_BY(mutex_);
  std::multimap<BootTime, WorkloadKey> later_checks_ EBBGATE_GUARDED_BY(mutex_);
  std::set<WorkloadKey> queued_later_checks_ EBBGATE_GUARDED_BY(mutex_);
  std::deque<WorkloadKey> records_ EBBGATE_GUARDED_BY(mutex_);
  std::set<WorkloadKey> queued_records_ EBBGATE_GUARDED_BY(mutex_);
  BootTime next_record_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<ConfigName> forbidden_fetches_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<WorkloadKey> forbidden_records_ EBBGATE_GUARDED_BY(mutex_);
  std::optional<BootTime> retry_forbidden_ EBBGATE_GUARDED_BY(mutex_);
  std::set<std::string> told_ EBBGATE_GUARDED_BY(mutex_);
  std::map<std::string, std::string> problems_ EBBGATE_GUARDED_BY(mutex_);
  Thread thread_;
};

}  // namespace ebbgate::kubernetes
