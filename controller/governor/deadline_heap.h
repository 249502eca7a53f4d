#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace ebbgate::governor {

/// At most one time per id, and the earliest of them: a binary heap that knows each id's place, so
/// that every change costs O(log n) and an id without a time costs nothing. Ids are small numbers.
class DeadlineHeap {
 public:
  struct Entry {
    BootTime at;
    std::uint32_t id = 0;
  };

  /// Sets, moves or (without a time) removes the id's entry.
  void set(std::uint32_t id, std::optional<BootTime> at);
  /// The earliest entry; equal times in the order of their ids. Nothing when empty.
  std::optional<Entry> earliest() const;
  std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  static bool before(const Entry& left, const Entry& right);
  void place(std::size_t position, Entry entry);
  void rise(std::size_t position);
  void sink(std::size_t position);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> position_of_;  // by id
};

}  // namespace ebbgate::governor
