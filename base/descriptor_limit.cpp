#include "base/descriptor_limit.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

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

std::size_t descriptor_limit() {
  return static_cast<std::size_t>(current_limit().rlim_cur);
}

std::size_t open_descriptors() {
  std::error_code unknown;
  const std::filesystem::directory_iterator all("/proc/self/fd", unknown);
  const auto count = std::distance(begin(all), end(all));
  // One of them is that of looking.
  return unknown || count == 0 ? 0 : static_cast<std::size_t>(count) - 1;
}

}  // namespace ebbgate
