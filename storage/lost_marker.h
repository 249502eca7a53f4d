#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "storage/lock_file.h"

namespace ebbgate::storage {

/// Sets the lock file's mark without ever waiting for the disk: one thread writes, another answers
/// in time even if that one hangs.
class LostMarker {
 public:
  /// Called on the answering thread; requests made meanwhile share one answer.
  using Answer = std::function<void(bool durable)>;

  /// `limit`: how long an answer may take. Throws NoThread.
  LostMarker(std::shared_ptr<LockFile> lock, Duration limit, Answer answer);
  /// Ends the threads; one that hangs in a write is left to itself, and calls nobody.
  ~LostMarker();
  LostMarker(const LostMarker&) = delete;
  LostMarker& operator=(const LostMarker&) = delete;

  void request(LockFile::Mark mark);

 private:
  struct Shared;
  void end();

  std::shared_ptr<Shared> shared_;
};

}  // namespace ebbgate::storage
