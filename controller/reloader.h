#pragma once

#include <memory>
#include <optional>

#include "base/thread.h"
#include "controller/configuration/load.h"

namespace ebbgate {

/// Reads a configuration while whoever asks goes on: a large one takes seconds, and a file system
/// may not answer. Its thread is made with it, so that no reload is refused for want of one.
/// Belongs to one thread.
class Reloader final {
 public:
  /// Throws NoThread.
  explicit Reloader(const configuration::Source& source);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader();

  /// Reads it now, or once more where it is being read.
  void begin();
  /// Readable once take() has something.
  int descriptor() const;
  std::optional<configuration::LoadResult> take();
  /// Whether it is being read, by a thread that runs on when this object goes: then the process
  /// must end by _exit().
  bool reading() const { return reading_; }

 private:
  struct Reading;
  std::shared_ptr<Reading> shared_;
  Thread thread_;
  bool reading_ = false;
  bool again_ = false;
};

}  // namespace ebbgate
