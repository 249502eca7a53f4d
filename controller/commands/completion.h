#pragma once

#include <string>

#include "controller/configuration/usage.h"

namespace ebbgate::commands {

/// The script that lets a shell complete the command line: commands, flags, files, words that are
/// right, and the workloads of the Ebbgate that runs. `shell` is bash, zsh or fish.
std::string completion(const std::string& shell, const configuration::Usage& usage);

std::string bash_completion(const configuration::Usage& usage);
std::string zsh_completion(const configuration::Usage& usage);
std::string fish_completion(const configuration::Usage& usage);

}  // namespace ebbgate::commands
