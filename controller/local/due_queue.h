#pragma once

#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "controller/local/file_node.h"

namespace ebbgate::local {

/// The nodes that are to be read, by when. A node must be erased before it ends.
class DueQueue {
 public:
  /// The earlier of this and what was set before.
  void put(FileNode& node, BootTime when) {
    if (node.due && *node.due <= when) return;
    erase(node);
    node.due = when;
    nodes_.emplace(when, &node);
  }

  void erase(FileNode& node) {
    if (!node.due) return;
    nodes_.erase({*node.due, &node});
    node.due.reset();
  }

  /// Takes one out that is due; null when there is none.
  FileNode* pop(BootTime now) {
    if (nodes_.empty() || nodes_.begin()->first > now) return nullptr;
    FileNode* node = nodes_.begin()->second;
    erase(*node);
    return node;
  }

  std::optional<BootTime> next() const {
    if (nodes_.empty()) return std::nullopt;
    return nodes_.begin()->first;
  }

 private:
  std::set<std::pair<BootTime, FileNode*>> nodes_;
};

}  // namespace ebbgate::local
