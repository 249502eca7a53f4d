#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace ebbgate::storage::test {

/// SQLite's own file system with faults: it can refuse to write, hang when syncing, and remember
/// what was written and synced in which order, so that a loss of power can be played at any point.
class FaultVfs {
 public:
  /// Registers itself with SQLite under a name of its own.
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  const std::string& name() const { return name_; }

  /// Writes fail as on a full disk.
  void set_full(bool full);
  /// Only those to the database file itself: what checkpoints do.
  void set_checkpoints_fail(bool fail);
  /// Syncs fail with an input/output error.
  void set_sync_fails(bool fails);
  /// Syncs block until this is taken back.
  void set_hanging(bool hanging);
  /// Waits until somebody hangs in a sync.
  bool wait_until_it_hangs();

  struct Operation {
    enum class Kind { write, truncate, sync, remove, rename, lock_file, note };
    Kind kind;
    std::string file;  ///< its name without folders
    std::size_t offset = 0;
    std::string bytes;         ///< of a renaming, the name before
    std::uint64_t number = 0;  ///< the size of a truncation, the number of a note
  };
  /// From now on remembers operations, and what `lock_file` holds whenever it changed.
  void record(std::filesystem::path lock_file);
  /// Puts a mark between the operations.
  void note(std::uint64_t number);
  std::vector<Operation> operations();

  // For the methods that SQLite calls.
  void remember(Operation operation);
  void opened(const std::filesystem::path& file);
  int before_write(const std::string& file);
  int before_sync();

 private:
  void look_at_lock_file() EBBGATE_REQUIRES(mutex_);

  const std::string name_;
  struct Registration;
  Registration* registration_;
  Mutex mutex_;
  Condition changed_;
  bool full_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool checkpoints_fail_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool sync_fails_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool hanging_ EBBGATE_GUARDED_BY(mutex_) = false;
  int waiting_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool recording_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::filesystem::path lock_file_ EBBGATE_GUARDED_BY(mutex_);
  std::string lock_content_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<Operation> operations_ EBBGATE_GUARDED_BY(mutex_);
};

/// Makes of the first `count` operations what a disk holds after a loss of power at that moment:
/// what was synced, and of what was not, only the writes that `survives` says (by their position).
/// Files come to `folder`.
void lose_power(const std::vector<FaultVfs::Operation>& operations, std::size_t count,
                const std::function<bool(std::size_t)>& survives,
                const std::filesystem::path& folder);

}  // namespace ebbgate::storage::test
