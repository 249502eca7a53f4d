#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace ebbgate::storage {

/// What the lock file remembers of the database beside it.
///
/// Why that is enough to tell good state from state that lacks something: at any moment what was
/// answered is in the database file alone, or in it and the WAL together, and the lock file says
/// which. That it is in the file alone is written (and synced) only after a checkpoint was synced,
/// and taken back before the first later commit is answered; so where it says so the WAL holds
/// nothing that is needed, and an old or damaged one is not read. Otherwise the WAL has to hold
/// `frames` whole frames, a number that is written behind each commit and before its answer: a
/// WAL that was removed, emptied, cut or damaged within them is noticed. Only the number of the
/// first such commit is synced, as another sync for each commit would double its price: a killed
/// process loses no later number, a loss of power may. After that, damage is noticed where another
/// commit lies behind it (WalReading::damaged).
///
/// What this cannot tell: that all files were replaced by older ones together, and damage within
/// the database file of a process that did not close it, if SQLite's own checks pass it.
///
/// All of this holds only as far as the lock file is as it was written, which its checksum tells.
struct LockState {
  bool database_exists = false;
  /// Everything is in the database file: the WAL is not needed.
  bool closed_cleanly = true;
  /// The next start has to treat the state as lost.
  bool marked_lost = false;
  /// Of the WAL, at least; 0 where it is not needed.
  std::uint32_t frames = 0;
  /// Of the database file, where it was closed and not opened since.
  std::optional<Digest> digest = std::nullopt;
  /// The file is not as it was written, so that nobody knows how much was committed. Never written
  /// itself: what is written in its place is marked as lost.
  bool damaged = false;

  bool operator==(const LockState&) const = default;
};

/// All that is in a lock file.
struct LockContent {
  int pid = 0;
  LockState state;
};

/// As text for people, of the same length whatever the content.
std::string render(const LockContent& content);

/// Nothing unless it is what render(), or that of an earlier version, made.
std::optional<LockContent> parse_lock(std::string_view text);

/// What is known where parse_lock() returned nothing.
inline constexpr LockState kDamagedLock{
    .database_exists = true, .closed_cleanly = false, .marked_lost = true, .damaged = true};

/// Whether a file with this content may be a lock file of ours, however it was damaged: cut,
/// zeroed, or changed in some of its bytes. What is no such file is somebody else's. Give it a
/// file's content, or more of its beginning than kMostOfLock.
bool may_be_lock(std::string_view text);
/// No lock file of ours has more, with whatever damage has put behind it.
inline constexpr std::size_t kMostOfLock = 4096;

/// Whether the text begins as a lock file of ours does, be it damaged behind that.
bool begins_as_lock(std::string_view text);
/// How much of a text begins_as_lock() looks at.
extern const std::size_t kBeginningOfLock;

}  // namespace ebbgate::storage
