#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace ebbgate::governor {

using Handle = std::uint32_t;
using NamespaceId = std::uint32_t;

/// Who gets the next token: the namespace served longest ago, and within it the oldest due. So a
/// lone workload waits for at most one token per other waiting namespace. It also counts rollouts
/// in flight and passes over those for whom the caps leave no slot; a workload that holds a slot
/// already needs no further one. O(log n) for everything.
class FairQueue {
 public:
  struct Caps {
    std::optional<int> total;
    std::optional<int> per_namespace;
  };
  struct Entry {
    NamespaceId namespace_id = 0;
    BootTime due;
    Handle handle = 0;
    bool has_slot = false;
    bool operator==(const Entry&) const = default;
  };

  /// The id of a namespace; ids are never given back.
  NamespaceId intern(const std::string& namespace_name);
  void set_caps(Caps caps);

  void insert(const Entry& entry);
  void erase(const Entry& entry);
  /// Who is next under the caps; nothing when nobody may go.
  std::optional<Entry> next() const;
  /// Takes the entry that next() told, which ends its namespace's turn.
  void pop(const Entry& entry);

  void take_slot(NamespaceId id);
  void free_slot(NamespaceId id);
  /// Whether the caps leave no slot for one more rollout in this namespace.
  bool full(NamespaceId id) const;
  int slots_taken() const { return slots_taken_; }

 private:
  using Waiting = std::set<std::pair<BootTime, Handle>>;
  struct Namespace {
    Waiting with_slot;
    Waiting without_slot;
    int slots = 0;
    std::uint64_t last_turn = 0;
  };
  using Turns = std::set<std::pair<std::uint64_t, NamespaceId>>;

  bool at_own_cap(const Namespace& space) const;
  bool at_total_cap() const { return caps_.total && slots_taken_ >= *caps_.total; }
  // Takes a namespace out of the turns before a change of it, and back in after.
  void leave(NamespaceId id);
  void join(NamespaceId id);

  Caps caps_;
  std::unordered_map<std::string, NamespaceId> ids_;
  std::vector<Namespace> namespaces_;
  Turns with_slot_;     // namespaces where somebody waits who holds a slot
  Turns without_slot_;  // namespaces where somebody waits for a slot, and their own cap allows it
  int slots_taken_ = 0;
  std::uint64_t turn_ = 0;
};

}  // namespace ebbgate::governor
