#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::local {

/// The files that a command's first word may mean, in the order in which a shell tries them: a name
/// with a slash is a path, any other one is looked for along PATH. None of them is looked at, for
/// the file system may hang. Never empty.
std::vector<std::string> program_candidates(const std::string& name);

/// What to do where the name has a space because a whole command line stands in it; else empty.
std::string_view remedy_for_spaces(std::string_view name);

/// Why none of them could be executed, and what to do. `error` is the errno that counts, `path` the
/// file that it is of.
std::string why_not_executed(const std::string& name, const std::string& path, int error);

}  // namespace ebbgate::local
