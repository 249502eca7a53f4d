#include "controller/kubernetes/collection_url.h"

#include "base/percent_encoding.h"

namespace ebbgate::kubernetes {
namespace {

std::string selector(const std::string& field_selector) {
  return field_selector.empty() ? "" : "&fieldSelector=" + percent_encode(field_selector);
}

}  // namespace

std::string list_url(const std::string& path, const std::string& field_selector, int page_size,
                     const std::string& continue_token) {
  std::string url = path + "?limit=" + std::to_string(page_size) + selector(field_selector);
  if (!continue_token.empty()) url += "&continue=" + percent_encode(continue_token);
  return url;
}

std::string watch_url(const std::string& path, const std::string& field_selector,
                      const std::string& resource_version, std::chrono::seconds watch_for) {
  return path +
         "?watch=1&allowWatchBookmarks=true&resourceVersion=" + percent_encode(resource_version) +
         "&timeoutSeconds=" + std::to_string(watch_for.count()) + selector(field_selector);
}

}  // namespace ebbgate::kubernetes
