#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace ebbgate {

/// Writes lines to a descriptor from a thread of its own, so that a pipe that nobody reads, or a
/// disk that hangs, holds up nobody else. The descriptor keeps its mode: other processes share it.
class LogWriter final {
 public:
  /// Lines wait up to so many bytes; what does not fit is dropped.
  static constexpr std::size_t kRoom = std::size_t{1} << 20U;
  /// How long the destructor waits for what is left to write.
  static constexpr Duration kPatience = std::chrono::milliseconds(200);

  /// The line that says how many lines were lost; it is written before the next one that can be.
  /// Called on the writer's thread, which ends with the process where it hangs: `notice` refers to
  /// nothing that goes before.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  /// The descriptor stays the caller's, and open until the process ends.
  /// `patience` is the destructor's. Throws NoThread.
  LogWriter(int descriptor, Notice notice, Duration patience = kPatience);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Takes a line without its line break. Any thread; never blocks.
  void write(std::string line);
  /// Waits until everything is written, or lost, for at most `patience`.
  void flush(Duration patience);
  /// Lines that were lost so far: for want of room, or because the descriptor refused them.
  std::uint64_t dropped() const;

 private:
  class Queue;
  const Duration patience_;
  std::shared_ptr<Queue> queue_;
};

}  // namespace ebbgate
