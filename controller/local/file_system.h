#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file_kind.h"

namespace ebbgate::local {

/// What the file system says of a file without its content. Equal stamps are a hint that the
/// content is the same, not a proof: clocks of file systems are coarse.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds
  std::int64_t changed = 0;   ///< nanoseconds
  bool operator==(const FileStamp&) const = default;
};

struct FileStatus {
  int error = 0;  ///< an errno; the rest means nothing then. What is not there is no error.
  FileKind kind = FileKind::absent;
  FileStamp stamp;
  bool hard_links = false;  ///< a regular file with more than one name
};

struct FileContent {
  FileStatus status;       ///< as of when the reading began
  bool moving = false;     ///< it changed while it was read: `digest` is of a mixture
  bool too_large = false;  ///< there is more of it than may be read; there is no digest then
  bool stopped = false;    ///< it was told to stop; the rest means nothing then
  Digest digest;           ///< SHA-256 of the content; only of regular files
};

/// What bounds the reading of one file.
struct ReadLimits {
  std::uint64_t max_size = 0;     ///< in bytes; reading ends beyond it
  const std::atomic<bool>& stop;  ///< looked at between pieces
};

/// The reading half of a file system. Handed in, so that tests can have files that cannot be read.
/// Any thread; every call may take as long as a file server that does not answer.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Of `path` itself: a link at its end is not followed.
  virtual FileStatus status(const std::string& path) = 0;
  /// Where a link leads, into `target`. Returns an errno or 0.
  virtual int read_link(const std::string& path, std::string& target) = 0;
  /// The names in a folder, without `.` and `..`, in no order; no more than `most`. Returns an
  /// errno or 0.
  virtual int list(const std::string& path, std::size_t most, std::vector<std::string>& names) = 0;
  /// Reads a file in pieces, keeping none. Opens nothing but regular files and never waits for a
  /// writer.
  virtual FileContent read(const std::string& path, const ReadLimits& limits) = 0;
};

/// The machine's files.
class SystemFileSystem final : public FileSystem {
 public:
  FileStatus status(const std::string& path) override;
  int read_link(const std::string& path, std::string& target) override;
  int list(const std::string& path, std::size_t most, std::vector<std::string>& names) override;
  FileContent read(const std::string& path, const ReadLimits& limits) override;
};

/// One sentence for people: that `path` cannot be read, why, and what to do.
std::string unreadable_sentence(const std::string& path, int error);

}  // namespace ebbgate::local
