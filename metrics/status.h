#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"

/// What Ebbgate says of itself over HTTP, as plain values.
namespace ebbgate::metrics {

struct GateStatus {
  std::string gate;  ///< settle, backoff, health, budget, unfinished, hold, missing, retry
  std::optional<WallTime> until;  ///< absent: not known
  std::string reason;             ///< one short sentence for people
};

struct ReferenceStatus {
  std::string name;
  Digest digest;
  /// applied: as the workload last took it on; absent: the same, for there is no such thing;
  /// fifo, socket, device, loop: the same, for it is such a thing, and not read; changed: differs
  /// from what it last took on; reading: it is being read, and that takes long; unknown: not to be
  /// told.
  std::string state;
};

/// A piece of advice.
struct AdviceStatus {
  std::string text;
  std::string command;     ///< to be copied into a shell; may be empty
  std::string read;        ///< where to read on: a document and its part; may be empty
  bool takes_url = false;  ///< the command is to have --url behind it, with where the reader asks
};

struct WorkloadStatus {
  WorkloadKey key;
  /// held, missing, updating, failing, waiting, unhealthy, rolling or idle: the first that holds.
  std::string state;
  int level = 0;
  std::vector<GateStatus> gates;  ///< the closed ones; empty when nothing waits
  std::optional<WallTime> next_update;
  std::optional<WallTime> pending_since;
  std::optional<Digest> applied;  ///< absent: unknown
  std::optional<Digest> desired;
  std::optional<WallTime> last_update;
  std::string last_outcome;               ///< applied, refused, unknown; empty: no update yet
  std::string last_error;                 ///< why the last attempt or its rollout failed; or empty
  std::string failure_cause;              ///< of an attempt, as one of a fixed set of words
  int absent = 0;                         ///< references of which there is nothing
  std::optional<WallTime> failing_since;  ///< the first of the failures in a row
  int failures = 0;                       ///< in a row, while an update is still wanted
  std::uint64_t changes = 0;
  std::uint64_t updates = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t coalesced = 0;
  // Only when one workload is asked for:
  std::vector<ReferenceStatus> references;
  std::string waits_for;  ///< a sentence: what it waits for, or that nothing does
  std::string to_do;      ///< a sentence: what to do about it
  std::vector<AdviceStatus> advice;
};

struct HistoryStatus {
  WorkloadKey key;
  WallTime at;
  std::string kind;  ///< wait, sent, applied, refused, unknown, forgiven, released, cancelled,
                     ///< ready, failed
  int level = 0;
  std::string detail;
};

/// Updates that the shared budget allows.
struct BudgetStatus {
  double tokens = 0;  ///< now
  double burst = 0;
  std::optional<double> rate;  ///< a second; absent: unlimited
};

/// Counts over all workloads, by the labels that metrics give them.
struct TotalsStatus {
  std::uint64_t changes = 0;
  std::uint64_t coalesced = 0;
  std::map<std::string_view, std::uint64_t> updates;     ///< answered, by outcome
  std::map<std::string_view, std::uint64_t> suppressed;  ///< by gate, settle excepted
  std::map<std::string_view, std::uint64_t> pending;     ///< that wait now, by gate
};

/// What is to be said of the process itself.
struct ProcessStatus {
  std::string provider;               ///< local or kubernetes
  std::string host;                   ///< whose files and programs it minds; empty: a cluster's
  std::string cluster;                ///< whose workloads it minds; empty: a host's
  std::string role;                   ///< leader or standby; empty: there is no election
  std::string leader;                 ///< identity of who leads; empty: nobody, or not known
  std::vector<std::string> problems;  ///< what somebody should mend, for people
  std::string degraded;               ///< why the store cannot be written now; empty: it can
  std::string version;
  std::string revision;
  WallTime started;
  std::optional<BudgetStatus> budget;  ///< absent until the loop has turned
  TotalsStatus totals;                 ///< since the start
};

/// Workloads that something happened to.
struct WorkloadNews {
  std::vector<WorkloadStatus> items;  ///< the longest ago first
  std::vector<WorkloadKey> gone;      ///< that there are no more
  std::string since;                  ///< for the next question
  bool more = false;
};

struct WorkloadQuery {
  std::vector<std::string> states;   ///< empty: any
  std::string namespace_name;        ///< empty: any
  std::optional<WorkloadKey> after;  ///< those behind this one
  std::size_t limit = 1000;
};

/// Where the server gets it from. Called on the server's threads; each call waits a short, bounded
/// time. Nothing (outer optional): the answer did not come in time.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  /// In the order of their keys.
  virtual std::optional<std::vector<WorkloadStatus>> workloads(const WorkloadQuery& query) = 0;
  /// What happened after `since`, which an answer before gave; "0": all workloads there are, and no
  /// gone ones. Inner optional: `since` is not of this process, or too long ago.
  virtual std::optional<std::optional<WorkloadNews>> news(const std::string& since,
                                                          std::size_t limit) = 0;
  /// Inner optional: there is no such workload.
  virtual std::optional<std::optional<WorkloadStatus>> workload(const WorkloadKey& key) = 0;
  /// The newest first; of one workload, or of all.
  virtual std::optional<std::vector<HistoryStatus>> history(const std::optional<WorkloadKey>& key,
                                                            std::size_t limit) = 0;
  /// false: there is no such workload.
  virtual std::optional<bool> release(const WorkloadKey& key) = 0;
  /// Never waits.
  virtual ProcessStatus process() = 0;
  /// Whether the loop has turned lately. Never waits.
  virtual bool healthy() = 0;
  /// Why decisions are not to be trusted yet or now (still listing, store degraded, a loop that
  /// does not answer); empty: ready.
  virtual std::vector<std::string> not_ready() = 0;
};

}  // namespace ebbgate::metrics
