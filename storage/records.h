#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/workload_key.h"

/// What survives a restart, as plain values: storage knows rows, not the rules behind them.
namespace ebbgate::storage {

/// What became of a workload's last rollout.
enum class Rollout : std::uint8_t { ready = 0, unfinished = 1, failed = 2 };

enum class LastOutcome : std::uint8_t { none = 0, applied = 1, refused = 2, unknown = 3 };

/// One reference of a workload and the digest of what it held.
struct ReferenceRow {
  std::string name;
  Digest digest;
  auto operator<=>(const ReferenceRow&) const = default;
};

/// A workload's state. BootTimes belong to the boot that the store was last written in
/// (Loaded::same_boot tells whether that is this one).
struct WorkloadRow {
  WorkloadKey key;
  int level = 0;                               ///< 0 to 64
  std::uint64_t counter = 0;                   ///< of updates, where the workload carries it too
  std::string incarnation;                     ///< of the workloads of this key; empty: not known
  std::string revision;                        ///< of that workload; empty: not known
  std::optional<BootTime> answered_at;         ///< when the last update was answered
  std::optional<BootTime> forgive_not_before;  ///< set while level > 0
  bool adopted = true;                         ///< false: stored before its configuration was seen
  std::optional<Digest> applied;               ///< absent: unknown
  std::vector<ReferenceRow> references;        ///< what `applied` was computed from, by name
  int references_version = 0;                  ///< of the algorithm of those digests
  bool in_flight = false;                      ///< an update was begun and not yet answered
  std::string
      witness;  ///< the provider's trace of the attempt in flight (a pid and its start time)
  Rollout rollout = Rollout::ready;
  LastOutcome last_outcome = LastOutcome::none;
  std::optional<WallTime> last_update;    ///< for people
  std::optional<Digest> tried;            ///< what the last attempt of unknown outcome carried
  int repeats = 0;                        ///< of `tried`
  int failures = 0;                       ///< attempts in a row that failed
  std::optional<WallTime> failing_since;  ///< the first of them; set while failures > 0
  std::optional<int> failure_cause;       ///< of the last of them, where it is known
  std::string last_error;                 ///< the same, or of the last rollout, for people
  std::optional<WallTime> pending_since;  ///< when the first unsent change was seen

  bool operator==(const WorkloadRow&) const = default;
};

/// The token bucket of the shared budget.
struct BudgetRow {
  double tokens = 0;
  BootTime at;
  std::string term;  ///< of leading, in which that is known; empty where nobody is elected
  bool operator==(const BudgetRow&) const = default;
};

enum class HistoryKind : std::uint8_t {
  wait = 0,     ///< a change began to wait
  sent = 1,     ///< an update was sent
  applied = 2,  ///< outcomes of updates
  refused = 3,
  unknown = 4,
  forgiven = 5,
  released = 6,
  cancelled = 7,  ///< an attempt was called off between commit and send
  ready = 8,
  failed = 9,  ///< the rollout did not become ready in time
};

/// One entry of a workload's history, for people.
struct HistoryRow {
  WorkloadKey key;
  WallTime at;
  HistoryKind kind = HistoryKind::wait;
  int level = 0;
  std::string detail;  ///< one line: the gate and until when, an error, a duration

  bool operator==(const HistoryRow&) const = default;
};

/// How far a feedback peer's reconnect backoff has come.
struct PeerRow {
  std::string name;
  int level = 0;
  BootTime failed_at;  ///< when the last attempt failed; of this boot where Loaded::same_boot

  bool operator==(const PeerRow&) const = default;
};

/// A message that waits for a feedback peer.
struct FeedbackRow {
  std::string peer;
  std::uint64_t number = 0;  ///< within the peer, in the order of sending
  std::string job_id;
  std::string line;  ///< as it is sent, without its newline
  int attempts = 0;  ///< that it had

  bool operator==(const FeedbackRow&) const = default;
};

/// Names a FeedbackRow.
struct FeedbackKey {
  std::string peer;
  std::uint64_t number = 0;
  auto operator<=>(const FeedbackKey&) const = default;
};

/// Changes that belong in one transaction.
struct Batch {
  std::vector<WorkloadRow> rows;  ///< inserted or replaced, by key
  std::vector<WorkloadKey> removed;
  std::optional<BudgetRow> budget;
  std::vector<HistoryRow> history;
  std::vector<PeerRow> peers;              ///< inserted or replaced, by name
  std::vector<FeedbackRow> feedback;       ///< inserted or replaced, by peer and number
  std::vector<FeedbackKey> feedback_done;  ///< removed; a row of the same batch too
  bool first_list_done = false;            ///< lifts the mark of a store that was born after a loss

  bool empty() const {
    return rows.empty() && removed.empty() && !budget && history.empty() && peers.empty() &&
           feedback.empty() && feedback_done.empty() && !first_list_done;
  }
};

/// How the state was found at start.
enum class Found : std::uint8_t {
  fresh,  ///< there was none and none was expected
  good,
  /// A copy that was put in place of the state: it lacks what came after it was made. Workloads
  /// without a row start as in lost state, the others no lower than that.
  restored,
  lost,  ///< there should have been one: workloads without a row start at `backoff.unknown_level`
};

/// What is read at start.
struct Loaded {
  Found found = Found::fresh;
  std::string reason;  ///< of a loss: what was found, and where the old files were set aside
  /// The same as one word for a metric: missing, empty, corrupt, wal, marked, restored.
  std::string reason_label;
  bool same_boot = false;  ///< whether BootTimes of the rows can be compared with this boot's
  std::vector<WorkloadRow> rows;
  std::optional<BudgetRow> budget;  ///< absent: not known
  std::vector<PeerRow> peers;
  std::vector<FeedbackRow> feedback;  ///< by peer and number
};

}  // namespace ebbgate::storage
