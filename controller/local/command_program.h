#pragma once

#include <string>
#include <variant>

namespace ebbgate::local {

struct Program {
  std::string path;
};

/// Which file a command's first word means, as a shell would find it: a name with a slash is a
/// path, any other is looked for along PATH. Returns what is wrong where there is none that may be
/// executed.
std::variant<Program, std::string> find_program(const std::string& name);

}  // namespace ebbgate::local
