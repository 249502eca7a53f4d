#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/local/change_notifier.h"
#include "controller/local/due_queue.h"
#include "controller/local/file_tree.h"
#include "controller/local/shared_notifier.h"
#include "controller/local/watch_table.h"

namespace ebbgate::local {

/// What one watch entry holds, as far as it could be read.
struct TreeContent {
  std::optional<Digest> digest;  ///< as FileTree::digest()
  std::string problem;           ///< as FileTree::problem()
  bool absent = false;
  FileKind kind = FileKind::absent;  ///< as FileTree::kind()
  std::optional<BootTime> due;       ///< when something of it is to be read again
  std::uint64_t reads = 0;           ///< files read this time
};

/// One watch entry with all that it takes to follow it, so that any thread can do the reading:
/// read() may take for ever. Belongs to one thread at a time, but for stop().
class TreeReader {
 public:
  /// What happened since the last reading.
  struct Order {
    bool rescan = false;
    std::vector<ChangeEvent> events;
    std::shared_ptr<const IgnoreRules> ignore;  ///< never null
  };

  TreeReader(std::string path, std::uint64_t max_file_size, std::shared_ptr<FileSystem> files,
             std::shared_ptr<SharedNotifier> notifier, SharedNotifier::Subscriber subscriber);
  TreeReader(const TreeReader&) = delete;
  TreeReader& operator=(const TreeReader&) = delete;

  /// Reads what is due. Once stopped, what it returns means nothing.
  TreeContent read(Order order);
  /// Lets read() end soon, unless the file system hangs. Any thread.
  void stop() { stop_ = true; }

 private:
  void take(const ChangeEvent& event);
  BootTime time_to_read(const ChangeEvent& event, const std::string& path);
  bool put_off(FileNode& node);

  const std::shared_ptr<FileSystem> files_;
  const std::shared_ptr<SharedNotifier> notifier_;
  std::atomic<bool> stop_{false};
  WatchTable watches_;
  DueQueue due_;
  TreeParts parts_;
  FileTree tree_;
  BootTime now_;         // as of when this reading began
  Duration per_node_{};  // what one cost the last time
};

}  // namespace ebbgate::local
