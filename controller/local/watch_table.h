#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/local/file_node.h"
#include "controller/local/shared_notifier.h"

namespace ebbgate::local {

/// Which nodes of one watch entry want to hear of what inotify reports. Watches belong to the thing
/// watched, not to its path, so one that is renamed stays known; a watch is dropped with its last
/// registration.
///
/// A watch that cannot be had is no failure: rescans serve in its place. Used by one thread at a
/// time.
class WatchTable {
 public:
  /// `notifier` must outlive it.
  WatchTable(SharedNotifier& notifier, SharedNotifier::Subscriber subscriber)
      : notifier_(notifier), subscriber_(subscriber) {}

  /// Reports on `name` in `folder`: its coming and going.
  void register_name(FileNode& node, const std::string& folder, const std::string& name);
  /// The same, and on writing to it; on unfinished writing only with `unfinished`.
  void register_written_name(FileNode& node, const std::string& folder, const std::string& name,
                             bool unfinished);
  /// Reports on everything in `folder`.
  void register_contents(FileNode& node, const std::string& folder);
  /// Reports on a file itself, by whatever name it is written.
  void register_file(FileNode& node, const std::string& file);

  /// Drops registrations; the node need not be told apart from one that has more of the same.
  void release(FileNode& node, const std::vector<Registration>& registrations);

  /// Who must hear of an event.
  struct Listeners {
    std::vector<FileNode*> nodes;    ///< for which the event is about themselves
    std::vector<FileNode*> folders;  ///< for which it is about the child of the event's name
    std::string path;                ///< of what the event is about; as last registered
  };
  Listeners listeners(const ChangeEvent& event) const;
  /// The kernel ended a watch. Returns everybody who relied on it.
  std::vector<FileNode*> forget(int watch);

 private:
  // Few have more than a handful of anything, and there may be many tables.
  using Nodes = std::map<FileNode*, int>;  // how often each is registered
  struct Watch {
    std::string path;
    std::map<std::string, Nodes> names;
    Nodes contents;
  };

  void add(FileNode& node, const std::string& path, std::uint32_t mask, bool contents,
           const std::string& name);

  SharedNotifier& notifier_;
  const SharedNotifier::Subscriber subscriber_;
  std::map<int, Watch> watches_;
};

}  // namespace ebbgate::local
