#include "base/descriptor_limit.h"

#include <algorithm>

namespace ebbgate {

namespace {

rlimit current_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

}  // namespace

void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit = original_descriptor_limit();
  if (limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);
}

const rlimit& original_descriptor_limit() {
  static const rlimit limit = current_limit();
  return limit;
}

}  // namespace ebbgate
