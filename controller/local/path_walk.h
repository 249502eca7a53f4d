#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "controller/local/file_system.h"

namespace ebbgate::local {

/// Where a path leads.
struct Destination {
  FileStatus status;  ///< never a link; with its `error`, `path` is what could not be looked up
  std::string path;   ///< without links, `.` and `..`; absolute, no slash at its end but for `/`
};

/// Called before `name` is looked up in `folder`; `last` when nothing of the path follows (a link
/// may still lead on).
using BeforeLookup =
    std::function<void(const std::string& folder, const std::string& name, bool last)>;

/// Follows `path` link by link, as the kernel would, from `folder` (which has no links) where it is
/// not absolute. What leads nowhere is absent, what leads into a loop of links a loop.
Destination walk(FileSystem& files, const std::string& folder, std::string_view path,
                 const BeforeLookup& before_lookup);

/// `name` in `folder`.
std::string join(const std::string& folder, std::string_view name);

}  // namespace ebbgate::local
