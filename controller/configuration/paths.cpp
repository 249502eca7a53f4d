#include "controller/configuration/paths.h"

namespace ebbgate::configuration {

std::string resolved(const std::filesystem::path& folder, const std::string& path) {
  std::string text = (folder / path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace ebbgate::configuration
