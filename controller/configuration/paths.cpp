#include "controller/configuration/paths.h"

namespace ebbgate::configuration {

std::string resolved(const std::filesystem::path& folder, const std::string& path) {
  std::string text = (folder / path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string socket_path_problem(const std::string& path) {
  if (path.size() <= kLongestSocketPath) return {};
  return "its whole path has " + std::to_string(path.size()) + " bytes; write one of at most " +
         std::to_string(kLongestSocketPath);
}

}  // namespace ebbgate::configuration
