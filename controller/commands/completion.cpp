#include "controller/commands/completion.h"

namespace ebbgate::commands {

std::string completion(const std::string& shell, const configuration::Usage& usage) {
  if (shell == "bash") return bash_completion(usage);
  return shell == "zsh" ? zsh_completion(usage) : fish_completion(usage);
}

}  // namespace ebbgate::commands
