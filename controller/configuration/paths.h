#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace ebbgate::configuration {

/// Bytes of a Unix socket's path: what sockaddr_un takes beside its NUL.
inline constexpr std::size_t kLongestSocketPath = 107;
/// The same of a socket that Ebbgate itself listens on: it is made ready under a name with a dot
/// and the pid behind it.
inline constexpr std::size_t kLongestOwnSocketPath = kLongestSocketPath - 8;

/// `path`, absolute and lexically normal, without a trailing slash; a relative one begins at
/// `folder`, which is absolute.
std::string resolved(const std::filesystem::path& folder, const std::string& path);

/// Where the admin socket is unless somebody wants it elsewhere: beside the database. What prevents
/// it there prevents no start.
std::string usual_admin_socket(const std::string& database);

/// What is wrong with the whole path of a Unix socket; empty: nothing.
std::string socket_path_problem(const std::string& path, std::size_t longest = kLongestSocketPath);

}  // namespace ebbgate::configuration
