#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread.h"
#include "storage/open_store.h"
#include "storage/state_store.h"

namespace ebbgate::storage {

class LostMarker;

/// Hears how the store fares, for metrics. Called on the store's thread; must not block.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;
  virtual void commit_finished(Duration took, bool succeeded) = 0;
  /// Nothing is lost by it: the WAL grows until a later checkpoint succeeds.
  virtual void checkpoint_failed(const std::string& error) = 0;
  /// A file of the store was removed or replaced while it was in use, which somebody should know;
  /// the state was written anew.
  virtual void files_restored(const std::string& what) = 0;
};

struct StoreThreadOptions {
  /// For how long what is submitted may wait for more, so that one commit holds several. Not the
  /// first commit, nor where somebody waits for one, asks for history or closes the store.
  Duration gather{0};
  Duration retry_base = std::chrono::milliseconds(100);  ///< pause after a failed commit, doubling
  Duration retry_max = std::chrono::seconds(5);
  /// For the answer to mark_lost(): a little less than the second that is promised.
  Duration mark_limit = std::chrono::milliseconds(900);
  int checkpoint_pages = 1000;  ///< of the WAL; a checkpoint moves them into the database file
  /// How often to look whether the files still have their names, beside at each commit.
  Duration look_every = std::chrono::seconds(5);
  HistoryBounds history;  ///< of what gathers while the disk is slow
};

/// The StateStore on a disk: a thread that commits what gathers, and retries by itself what failed.
///
/// A commit is answered when it is durable and the lock file says that the WAL is needed; the
/// latter costs a write of its own only for the first commit and after each checkpoint. submit(),
/// mark_lost(), history() and the getters: any thread, without ever waiting for the disk.
/// Where a file of the store was removed or replaced meanwhile, the whole state is written anew
/// before anything else is committed; until that works commits fail, and what was told to be marked
/// is not, as no start would find the mark.
class StoreThread final : public StateStore {
 public:
  /// Batches may be submitted at once; nothing is written before start(). `observer` may be null.
  StoreThread(OpenedStore opened, StoreThreadOptions options, StoreObserver* observer = nullptr);
  /// Closes with a patience of 2 s where close() was not called.
  ~StoreThread() override;

  /// Once. Throws NoThread. Listener and observer must live until close() has returned; neither is
  /// called later.
  void start(StateStoreListener& listener);

  Sequence submit(Batch batch) override;
  /// Between start() and close(). Requests made before the answer to the first one share it. The
  /// mark goes with the next good commit, or, when something was submitted while that one was under
  /// way (an update may have been sent on the strength of the mark), with the one that holds it.
  void mark_lost() override;

  /// Waits until everything submitted up to `sequence` is on disk; false when it is not within
  /// `patience`, or a commit failed meanwhile. Any thread but the store's.
  bool wait_committed(Sequence sequence, Duration patience);

  /// The newest first; of one workload, or of all; nothing when it cannot be read or the store is
  /// closed. Answered after everything submitted before was tried: while the disk hangs, not at
  /// all.
  std::future<std::optional<std::vector<HistoryRow>>> history(std::optional<WorkloadKey> key,
                                                              std::size_t limit);

  /// Commits what is left, moves everything into the database file, closes it and marks the lock
  /// file as cleanly closed: true. When that takes longer than `patience` or fails: false, and the
  /// next start finds the state as after a crash. A thread that hangs in the disk is then left to
  /// itself, with all that it uses; the process should end with _exit(), as that runs nothing that
  /// such a thread could still be using. Not from the listener.
  bool close(Duration patience);

  /// Database and WAL together, as of the last commit.
  std::uint64_t size_in_bytes() const;
  /// Other bounds of the history, from the next entries on. Any thread.
  void bound_history(HistoryBounds bounds);
  /// History entries that found no room while the disk was slow.
  std::uint64_t history_dropped() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
  std::unique_ptr<LostMarker> marker_;
  Thread thread_;
  bool closed_cleanly_ = false;
};

}  // namespace ebbgate::storage
