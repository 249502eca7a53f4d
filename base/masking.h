#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What may be secret in what a configuration says, and how it is shown to people. What is not
/// surely public counts as secret.
namespace ebbgate {

/// What stands for a secret.
inline constexpr std::string_view kMask = "********";

/// Whether the name of a parameter, option or variable says that its value is secret.
bool sounds_secret(std::string_view name);

/// Whether a part of a URL is surely no secret: empty, a version (`v1`), or a short word of
/// lower-case letters, parted by `-`, `_` or `.`, that does not sound secret.
bool is_plain_word(std::string_view text);

/// The path of a URL, without a query, up to its first segment that is no plain word: the rest is
/// masked, since web hooks carry their secret in their path.
std::string masked_path(std::string_view path);

/// `url` with masked_path(); masked are also user and password, the values of query parameters
/// that sound secret or are no plain words, and such a fragment. What is no URL stays.
std::string masked_url(std::string_view url);

/// A command's arguments with what sounds secret masked: `--password=x`, `--token x`,
/// `Authorization: x`, the password of `--user name:x`, and what masked_url() masks.
std::vector<std::string> masked_command(const std::vector<std::string>& command);

/// What masked_command() masks.
std::vector<std::string> secrets_of(const std::vector<std::string>& command);

}  // namespace ebbgate
