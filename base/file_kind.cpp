#include "base/file_kind.h"

#include <sys/stat.h>

namespace ebbgate {

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::regular;
  if (S_ISDIR(mode)) return FileKind::folder;
  if (S_ISLNK(mode)) return FileKind::link;
  if (S_ISFIFO(mode)) return FileKind::fifo;
  if (S_ISSOCK(mode)) return FileKind::socket;
  return FileKind::device;
}

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::absent:
      return "absent";
    case FileKind::regular:
      return "file";
    case FileKind::folder:
      return "folder";
    case FileKind::link:
      return "link";
    case FileKind::fifo:
      return "fifo";
    case FileKind::socket:
      return "socket";
    case FileKind::device:
      return "device";
    case FileKind::loop:
      return "loop";
  }
  return "";
}

std::string unreadable_kind_sentence(const std::string& path, FileKind kind) {
  constexpr const char* kAdvice =
      ", which is not read and counts as absent; mend the path, or put a file or folder there";
  switch (kind) {
    case FileKind::fifo:
      return path + " is a FIFO" + kAdvice;
    case FileKind::socket:
      return path + " is a socket" + kAdvice;
    case FileKind::device:
      return path + " is a device" + kAdvice;
    case FileKind::loop:
      return path +
             " leads into a loop of symbolic links and counts as absent; mend the links, or the "
             "path";
    case FileKind::absent:
    case FileKind::regular:
    case FileKind::folder:
    case FileKind::link:
      break;
  }
  return "";
}

}  // namespace ebbgate
