#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/local/file_system.h"

namespace ebbgate::local {

class FileTree;

/// One thing that inotify reports on behalf of a node. See WatchTable.
struct Registration {
  int watch = -1;
  bool contents = false;  ///< everything in the folder, else what has `name` in it
  std::string name;       ///< empty: the watched thing itself
};

/// A file or folder below a watch entry, or the entry itself. Plain data; FileTree keeps it true.
struct FileNode {
  enum class State : std::uint8_t {
    absent,  ///< also what is passed over: FIFOs, folders within themselves, …
    file,
    folder,
  };

  FileTree* tree = nullptr;
  FileNode* parent = nullptr;  ///< null for the entry itself
  std::string name;            ///< within the parent; of the entry, its path as written

  State state = State::absent;
  std::string path;     ///< where it really is; only of files and folders
  Digest digest;        ///< of a file's content
  FileStamp stamp;      ///< as of the last reading
  BootTime stamp_seen;  ///< when this stamp was first seen
  BootTime read_at;     ///< when the last reading began
  BootTime rested_at;   ///< before this its content is not read again
  int moved = 0;        ///< readings in a row during which it changed
  std::string
      problem;  ///< why it cannot be read; `state` and `digest` are the last known ones then

  std::map<std::string, std::unique_ptr<FileNode>> children;
  std::vector<Registration> registrations;
  std::optional<BootTime> due;  ///< owned by DueQueue
};

}  // namespace ebbgate::local
