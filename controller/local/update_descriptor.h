#pragma once

#include <unistd.h>

#include <utility>

namespace ebbgate::local {

/// Owns a file descriptor and closes it.
class UpdateDescriptor final {
 public:
  UpdateDescriptor() = default;
  explicit UpdateDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~UpdateDescriptor() { reset(); }
  UpdateDescriptor(UpdateDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UpdateDescriptor& operator=(UpdateDescriptor&& other) noexcept {
    reset(std::exchange(other.descriptor_, -1));
    return *this;
  }
  UpdateDescriptor(const UpdateDescriptor&) = delete;
  UpdateDescriptor& operator=(const UpdateDescriptor&) = delete;

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  void reset(int descriptor = -1) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = descriptor;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace ebbgate::local
