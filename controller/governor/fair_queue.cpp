#include "controller/governor/fair_queue.h"

#include <algorithm>

namespace ebbgate::governor {

NamespaceId FairQueue::intern(const std::string& namespace_name) {
  const auto [found, added] =
      ids_.try_emplace(namespace_name, static_cast<NamespaceId>(namespaces_.size()));
  if (added) namespaces_.emplace_back();
  return found->second;
}

bool FairQueue::at_own_cap(const Namespace& space) const {
  return caps_.per_namespace && space.slots >= *caps_.per_namespace;
}

bool FairQueue::full(NamespaceId id) const {
  return at_total_cap() || at_own_cap(namespaces_[id]);
}

void FairQueue::leave(NamespaceId id) {
  with_slot_.erase({namespaces_[id].last_turn, id});
  without_slot_.erase({namespaces_[id].last_turn, id});
}

void FairQueue::join(NamespaceId id) {
  const Namespace& space = namespaces_[id];
  if (!space.with_slot.empty()) with_slot_.emplace(space.last_turn, id);
  if (!space.without_slot.empty() && !at_own_cap(space)) without_slot_.emplace(space.last_turn, id);
}

void FairQueue::set_caps(Caps caps) {
  for (NamespaceId id = 0; id < namespaces_.size(); ++id) leave(id);
  caps_ = caps;
  for (NamespaceId id = 0; id < namespaces_.size(); ++id) join(id);
}

void FairQueue::insert(const Entry& entry) {
  leave(entry.namespace_id);
  Namespace& space = namespaces_[entry.namespace_id];
  (entry.has_slot ? space.with_slot : space.without_slot).emplace(entry.due, entry.handle);
  join(entry.namespace_id);
}

void FairQueue::erase(const Entry& entry) {
  leave(entry.namespace_id);
  Namespace& space = namespaces_[entry.namespace_id];
  (entry.has_slot ? space.with_slot : space.without_slot).erase({entry.due, entry.handle});
  join(entry.namespace_id);
}

std::optional<FairQueue::Entry> FairQueue::next() const {
  const bool new_slots = !without_slot_.empty() && !at_total_cap();
  if (with_slot_.empty() && !new_slots) return std::nullopt;
  NamespaceId id = 0;
  if (with_slot_.empty()) {
    id = without_slot_.begin()->second;
  } else if (!new_slots) {
    id = with_slot_.begin()->second;
  } else {
    id = std::min(*with_slot_.begin(), *without_slot_.begin()).second;
  }
  const Namespace& space = namespaces_[id];
  const bool may_take_slot = !space.without_slot.empty() && !full(id);
  const bool from_slotted =
      !space.with_slot.empty() &&
      (!may_take_slot || *space.with_slot.begin() < *space.without_slot.begin());
  const auto& [due, handle] = from_slotted ? *space.with_slot.begin() : *space.without_slot.begin();
  return Entry{id, due, handle, from_slotted};
}

void FairQueue::pop(const Entry& entry) {
  leave(entry.namespace_id);
  Namespace& space = namespaces_[entry.namespace_id];
  (entry.has_slot ? space.with_slot : space.without_slot).erase({entry.due, entry.handle});
  space.last_turn = ++turn_;
  join(entry.namespace_id);
}

void FairQueue::take_slot(NamespaceId id) {
  leave(id);
  ++namespaces_[id].slots;
  ++slots_taken_;
  join(id);
}

void FairQueue::free_slot(NamespaceId id) {
  leave(id);
  --namespaces_[id].slots;
  --slots_taken_;
  join(id);
}

}  // namespace ebbgate::governor
