#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include <cstddef>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/descriptor.h"
#include "base/descriptor_limit.h"

namespace ebbgate {

/// Leaves this process `left` descriptors to open, as long as it lives.
class FewDescriptors final {
 public:
  explicit FewDescriptors(std::size_t left) {
    original_descriptor_limit();  // commands are to get that one
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    setrlimit(RLIMIT_NOFILE, &few);
    for (Descriptor more = open(); more; more = open()) taken_.push_back(std::move(more));
    REQUIRE(taken_.size() >= left);
    taken_.resize(taken_.size() - left);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  static Descriptor open() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  rlimit before_{};
  std::vector<Descriptor> taken_;
};

}  // namespace ebbgate
