#include "controller/local/command_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "controller/local/program_search.h"

namespace ebbgate::local {
namespace {

// 0 or the errno that executing the file would give.
int why_not_executable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

std::variant<Program, std::string> find_program(const std::string& name) {
  if (name.empty()) return "the command's first word is empty: name a program";
  const std::vector<std::string> candidates = program_candidates(name);
  const bool is_path = candidates.front() == name;
  std::string path = name;
  int counts = ENOENT;
  for (const std::string& candidate : candidates) {
    const int error = why_not_executable(candidate);
    if (error == 0) return Program{candidate};
    if (!is_path && (error != EACCES || counts == EACCES)) continue;
    counts = error;
    path = candidate;
  }
  if (is_path && counts == ENOENT) {
    const std::string_view remedy = remedy_for_spaces(name);
    return "cannot execute " + name + ": " + std::strerror(ENOENT) + ": " +
           (remedy.empty() ? "install it or mend the path" : std::string(remedy));
  }
  return why_not_executed(name, path, counts);
}

}  // namespace ebbgate::local
