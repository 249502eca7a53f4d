#pragma once

#include <string>

#include "base/descriptor.h"

namespace ebbgate::feedback {

/// Notices that a socket's file appears in its folder. Where that folder cannot be watched (yet),
/// nothing is noticed. Not thread-safe.
class SocketWatch final {
 public:
  explicit SocketWatch(const std::string& socket);

  /// Begins to watch, where that was not possible before or the folder was replaced.
  void renew();
  /// To poll for reading; below 0: there is none.
  int descriptor() const { return inotify_.get(); }
  /// Whether it appeared since the last call. Never blocks.
  bool appeared();

 private:
  std::string folder_;
  std::string name_;
  Descriptor inotify_;
  int watch_ = -1;
};

}  // namespace ebbgate::feedback
