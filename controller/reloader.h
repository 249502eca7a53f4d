#pragma once

#include <memory>
#include <optional>

#include "controller/configuration/load.h"

namespace ebbgate {

/// Reads a configuration while whoever asks goes on: a large one takes seconds, and a file system
/// may not answer. Belongs to one thread.
class Reloader final {
 public:
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
  bool reading_ = false;
  bool again_ = false;
};

}  // namespace ebbgate
