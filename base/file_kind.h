#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace ebbgate {

enum class FileKind : std::uint8_t {
  absent,
  regular,
  folder,
  link,  ///< a symbolic link
  // What is never opened:
  fifo,
  socket,
  device,
  loop,  ///< a loop of symbolic links
};

/// Of `st_mode`.
FileKind kind_of(mode_t mode);

/// One word for a kind, such as `fifo`.
std::string_view name_of(FileKind kind);

/// What is wrong with `path` being no file or folder, and what to do; empty where it is one, or
/// where there is nothing.
std::string unreadable_kind_sentence(const std::string& path, FileKind kind);

}  // namespace ebbgate
