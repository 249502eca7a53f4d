#include "controller/governor/deadline_heap.h"

#include <utility>

namespace ebbgate::governor {

bool DeadlineHeap::before(const Entry& left, const Entry& right) {
  return left.at != right.at ? left.at < right.at : left.id < right.id;
}

void DeadlineHeap::place(std::size_t position, Entry entry) {
  entries_[position] = entry;
  position_of_[entry.id] = static_cast<std::uint32_t>(position);
}

void DeadlineHeap::rise(std::size_t position) {
  const Entry entry = entries_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!before(entry, entries_[parent])) break;
    place(position, entries_[parent]);
    position = parent;
  }
  place(position, entry);
}

void DeadlineHeap::sink(std::size_t position) {
  const Entry entry = entries_[position];
  while (true) {
    std::size_t child = 2 * position + 1;
    if (child >= entries_.size()) break;
    if (child + 1 < entries_.size() && before(entries_[child + 1], entries_[child])) ++child;
    if (!before(entries_[child], entry)) break;
    place(position, entries_[child]);
    position = child;
  }
  place(position, entry);
}

void DeadlineHeap::set(std::uint32_t id, std::optional<BootTime> at) {
  if (id >= position_of_.size()) {
    if (!at) return;
    position_of_.resize(id + 1, kNowhere);
  }
  const std::size_t position = position_of_[id];
  if (position == kNowhere) {
    if (!at) return;
    entries_.push_back({*at, id});
    position_of_[id] = static_cast<std::uint32_t>(entries_.size() - 1);
    rise(entries_.size() - 1);
    return;
  }
  if (at) {
    if (entries_[position].at == *at) return;
    entries_[position].at = *at;
    rise(position);
    sink(position_of_[id]);
    return;
  }
  position_of_[id] = kNowhere;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (last.id == id) return;
  place(position, last);
  rise(position);
  sink(position_of_[last.id]);
}

std::optional<DeadlineHeap::Entry> DeadlineHeap::earliest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front();
}

}  // namespace ebbgate::governor
