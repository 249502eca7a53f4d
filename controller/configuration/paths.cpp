#include "controller/configuration/paths.h"

#include "controller/settings.h"

namespace ebbgate::configuration {

std::string resolved(const std::filesystem::path& folder, const std::string& path) {
  std::string text = (folder / path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string usual_admin_socket(const std::string& database) {
  return resolved(std::filesystem::path(database).parent_path(), Settings().admin_socket);
}

std::string socket_path_problem(const std::string& path, std::size_t longest) {
  if (path.size() <= longest) return {};
  return "its whole path has " + std::to_string(path.size()) + " bytes; write one of at most " +
         std::to_string(longest);
}

}  // namespace ebbgate::configuration
