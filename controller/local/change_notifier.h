#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ebbgate::local {

/// One report of inotify. An overflow says that reports were lost.
struct ChangeEvent {
  int watch = -1;
  std::uint32_t mask = 0;  ///< inotify's bits; IN_Q_OVERFLOW comes with no watch
  std::string name;        ///< within the watched folder; empty: the watched thing itself
};

/// inotify as the watcher uses it. Handed in, so that tests can lose reports and run out of
/// watches. Any thread, but read() belongs to one.
class ChangeNotifier {
 public:
  virtual ~ChangeNotifier() = default;

  /// What epoll waits on; -1 when the machine gave none: `problem()` says why.
  virtual int descriptor() const = 0;
  virtual int problem() const = 0;
  /// Watches what `path` leads to for the bits of `mask`, added to those it is watched for already;
  /// a thing that is watched twice keeps its number. Returns the number (never negative) or -errno.
  /// May take as long as a file server that does not answer.
  virtual int add(const std::string& path, std::uint32_t mask) = 0;
  virtual void remove(int watch) = 0;
  /// Appends what has been reported, as much as fits one read. Never waits.
  virtual void read(std::vector<ChangeEvent>& events) = 0;
};

}  // namespace ebbgate::local
