#include "controller/local/command_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ebbgate::local {
namespace {

// 0 or the errno that executing the file would give.
int why_not_executable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

std::string cannot_execute(const std::string& path, int error) {
  return "cannot execute " + path + ": " + std::strerror(error) +
         (error == EACCES ? ": let the user whom Ebbgate runs as execute it"
                          : ": install it or mend the path");
}

}  // namespace

std::variant<Program, std::string> find_program(const std::string& name) {
  if (name.empty()) return "the command's first word is empty: name a program";
  if (name.find('/') != std::string::npos) {
    const int error = why_not_executable(name);
    if (error == 0) return Program{name};
    return cannot_execute(name, error);
  }
  const char* const variable = std::getenv("PATH");
  const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  std::string forbidden;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    const int error = why_not_executable(candidate);
    if (error == 0) return Program{candidate};
    if (error == EACCES && forbidden.empty()) forbidden = candidate;
    begin = end + 1;
  }
  if (!forbidden.empty()) return cannot_execute(forbidden, EACCES);
  return "cannot find the program " + name + " along PATH=" + path +
         ": install it or write its whole path";
}

}  // namespace ebbgate::local
