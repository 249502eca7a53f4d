#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/feedback/settings.h"
#include "metrics/feedback.h"
#include "storage/records.h"

namespace ebbgate::feedback {

/// Feedback's way to the disk.
class FeedbackStore {
 public:
  virtual ~FeedbackStore() = default;
  /// Commits in time, whatever becomes of it. Any thread; never blocks.
  virtual void submit(storage::Batch batch) = 0;
  /// Commits, and waits until it is on disk: false when that did not succeed within about a second
  /// or the store is degraded. Any thread but the store's and the loop's.
  virtual bool commit(storage::Batch batch) = 0;
};

/// Delivers feedback to all configured peers. Each has a queue, a connection and a thread of its
/// own, so that the trouble of one touches no other, and nobody who offers messages waits for any
/// (semantics, section 5).
class FeedbackService final : public metrics::FeedbackSource {
 public:
  struct Parts {
    FeedbackStore& store;
    const Clock& clock;
    /// One line for each first failure and each recovery of a peer; any thread; must not block.
    std::function<void(const std::string& peer, const std::string& line)> info;
    std::function<void(const std::string& peer, const std::string& line)> warn;
    std::function<void(const std::string& peer, const std::string& line)> debug;
    std::function<double()> random;  ///< in [0, 1); any thread
  };

  /// What is handed in must outlive it.
  explicit FeedbackService(Parts parts);
  ~FeedbackService() override;
  FeedbackService(const FeedbackService&) = delete;
  FeedbackService& operator=(const FeedbackService&) = delete;

  /// Takes up what was stored; rows of peers that are not configured stay where they are. Once,
  /// before configure(). `same_boot` as in storage::Loaded.
  void restore(std::vector<storage::PeerRow> peers, std::vector<storage::FeedbackRow> messages,
               bool same_boot);
  /// Starts peers that are new, ends those that are gone (their messages are stored as by stop()),
  /// and begins changed ones anew with what they had. Or leaves all as it is, and returns why:
  /// there was no thread or no descriptor for a new one. One thread at a time.
  [[nodiscard]] std::optional<std::string> configure(const std::vector<PeerSettings>& peers);
  /// Not while configure() is under way. Ends all connections and threads, within about half a
  /// second, and hands every message that waits or was not acknowledged to the store. Offers are
  /// turned away from then on.
  void stop();

  std::vector<metrics::PeerStatus> peers() override;
  metrics::Offered offer(const std::string& peer, const std::string& body, bool durable) override;
  /// One of Ebbgate's own outcomes, for every peer that wants them. Never blocks.
  void outcome(const std::string& job_id, const std::string& line);

 private:
  class Peers;
  std::unique_ptr<Peers> peers_;
};

}  // namespace ebbgate::feedback
