#pragma once

#include <filesystem>
#include <string>

namespace ebbgate::configuration {

/// `path`, absolute and lexically normal, without a trailing slash; a relative one begins at
/// `folder`, which is absolute.
std::string resolved(const std::filesystem::path& folder, const std::string& path);

}  // namespace ebbgate::configuration
