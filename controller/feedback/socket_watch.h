#pragma once

#include <string>

#include "base/descriptor.h"

namespace ebbgate::feedback {

/// Notices that a socket's file appears in its folder, which may itself come, go and come anew:
/// then the nearest folder above that exists is watched. Where none can be watched, nothing is
/// noticed. Not thread-safe.
class SocketWatch final {
 public:
  explicit SocketWatch(const std::string& socket);

  /// Looks whether what is watched is still what the path leads to.
  void renew();
  /// To poll for reading; below 0: there is none.
  int descriptor() const { return inotify_.get(); }
  /// Whether it appeared since the last call. Never blocks.
  bool appeared();

 private:
  bool watch(const std::string& folder);
  bool take_events();

  std::string folder_;
  std::string name_;
  Descriptor inotify_;
  int watch_ = -1;
  std::string watched_;  // the folder, or one above it
  bool fresh_ = false;   // the folder is watched anew, and what came into it before is not known
};

}  // namespace ebbgate::feedback
