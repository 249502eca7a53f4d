#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace ebbgate::property {

/// What is left to chance in a history, settled by its seed alone. Seed 0: always the simplest.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : seed_(seed), state_(seed) {}

  std::size_t below(std::size_t count) {
    if (seed_ == 0) return 0;
    // splitmix64
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15ULL);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31U)) % count);
  }
  double fraction() { return static_cast<double>(below(1000)) / 1000; }
  /// How long something small takes. Coarse, so that different things happen at the same moment.
  Duration moment() {
    constexpr std::array<int, 6> kMilliseconds{0, 0, 10, 10, 50, 200};
    return std::chrono::milliseconds(kMilliseconds.at(below(kMilliseconds.size())));
  }

 private:
  std::uint32_t seed_;
  std::uint64_t state_;
};

}  // namespace ebbgate::property
