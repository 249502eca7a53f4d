#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/descriptor.h"
#include "base/digest.h"

/// The few file operations that the store needs beside SQLite's.
namespace ebbgate::storage {

/// Something that is no regular file has a name at which the store keeps one. The message says
/// which, and what to do.
class NoRegularFile : public std::runtime_error {
 public:
  explicit NoRegularFile(const std::filesystem::path& file);
  /// The same for a symbolic link where the store keeps a file of its own.
  static NoRegularFile link(const std::filesystem::path& file);

 private:
  NoRegularFile(const std::filesystem::path& file, const std::string& what);
};

/// Opens a regular file as ::open() does, and never waits for anything else that has its name: a
/// pipe, a terminal. Empty, with errno set, where it cannot be opened. Throws NoRegularFile, with
/// O_NOFOLLOW for a symbolic link, too.
Descriptor open_regular(const std::filesystem::path& file, int flags);

/// Nothing when there is no such file. Throws std::system_error when it cannot be told.
std::optional<std::uint64_t> size_of_file(const std::filesystem::path& file);

/// Which file it is, whatever its name.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  bool operator==(const FileIdentity&) const = default;
};

/// Of what the name leads to; nothing where that is nothing, or it cannot be told.
std::optional<FileIdentity> identity_of(const std::filesystem::path& file);
std::optional<FileIdentity> identity_of(const Descriptor& file);

/// The folder that holds `file`; `.` for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& file);

/// `file` with `ending` behind its name.
std::filesystem::path with_ending(const std::filesystem::path& file, const std::string& ending);

/// Reads a file from its beginning: all of it, or `most` bytes. Throws std::system_error.
std::string first_bytes_of(const std::filesystem::path& file, std::size_t most);

/// Throws std::system_error when it cannot be read.
Digest digest_of_file(const std::filesystem::path& file);

/// Nobody but the owner may read and write what the store keeps.
inline constexpr unsigned kPrivate = 0600;

/// Makes an empty file with mode kPrivate, whatever the umask, where there is none; a symbolic link
/// is followed. Throws std::system_error.
void create_private(const std::filesystem::path& file);

/// Takes everybody else's permissions away; not from what a symbolic link leads to. Where that
/// cannot be done (another owner, a file system without modes), or there is no such file, it stays
/// as it is.
void make_private(const std::filesystem::path& file);
void make_private(const Descriptor& file);

/// Writes the bytes that `from` has now over those of `to`, a file that exists; false when there is
/// no `from`. Throws NoRegularFile, and std::system_error, which says at once where there is no
/// room for all of it.
bool copy_content(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes what was written to a file durable. Throws std::system_error.
void sync_file(const std::filesystem::path& file);

/// Makes names created, renamed or removed beside `file` survive a loss of power. Throws
/// std::system_error.
void sync_directory_of(const std::filesystem::path& file);

/// Renames; false when `to` exists already. Throws std::system_error.
bool rename_to_new_name(const std::filesystem::path& from, const std::filesystem::path& to);

/// `text` with `to` wherever it has `from`: what is told of a copy, told of the original.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// Throws std::system_error with the current errno and `what`.
[[noreturn]] void throw_errno(const std::string& what);

}  // namespace ebbgate::storage
