#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace ebbgate::configuration {

/// What is wrong with the arguments of a command, and what would be right: CLI11's own words tell
/// of types and counts. `arguments` are all that were written, the command's name among them.
std::string what_is_wrong(const CLI::ParseError& error, const CLI::App& command,
                          const std::vector<std::string>& arguments);

}  // namespace ebbgate::configuration
