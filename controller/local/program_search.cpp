#include "controller/local/program_search.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ebbgate::local {
namespace {

std::string search_path() {
  const char* const variable = std::getenv("PATH");
  return variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
}

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos;
}

}  // namespace

std::string_view remedy_for_spaces(std::string_view name) {
  return name.find_first_of(" \t\n") == std::string_view::npos
             ? ""
             : "no shell takes it apart: write one list item per argument, such as [nginx, -s, "
               "reload]";
}

std::vector<std::string> program_candidates(const std::string& name) {
  if (is_path(name)) return {name};
  const std::string path = search_path();
  std::vector<std::string> candidates;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    candidates.push_back((folder.empty() ? "." : folder) + "/" + name);
    begin = end + 1;
  }
  return candidates;
}

std::string why_not_executed(const std::string& name, const std::string& path, int error) {
  if (error == ENOENT && !is_path(name)) {
    const std::string_view remedy = remedy_for_spaces(name);
    return "cannot find the program " + name + " along PATH: " +
           (remedy.empty() ? "install it or write its whole path" : std::string(remedy));
  }
  std::string text = "cannot execute " + path + ": " + std::strerror(error);
  const std::string_view remedy = remedy_for_spaces(name);
  if (error == ENOENT && !remedy.empty()) return text + ": " + std::string(remedy);
  if (error == ENOENT) text += " (the program, or the interpreter that its #! line names)";
  if (error == ENOEXEC) text += " (a script needs a #! line)";
  if (error == EACCES) text += ": let the user whom Ebbgate runs as execute it";
  return text;
}

}  // namespace ebbgate::local
