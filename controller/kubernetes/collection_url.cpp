#include "controller/kubernetes/collection_url.h"

#include <string_view>

namespace ebbgate::kubernetes {
namespace {

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4];
    result += kDigits[byte & 0xF];
  }
  return result;
}

std::string selector(const std::string& field_selector) {
  return field_selector.empty() ? "" : "&fieldSelector=" + escaped(field_selector);
}

}  // namespace

std::string list_url(const std::string& path, const std::string& field_selector, int page_size,
                     const std::string& continue_token) {
  std::string url = path + "?limit=" + std::to_string(page_size) + selector(field_selector);
  if (!continue_token.empty()) url += "&continue=" + escaped(continue_token);
  return url;
}

std::string watch_url(const std::string& path, const std::string& field_selector,
                      const std::string& resource_version, std::chrono::seconds watch_for) {
  return path + "?watch=1&allowWatchBookmarks=true&resourceVersion=" + escaped(resource_version) +
         "&timeoutSeconds=" + std::to_string(watch_for.count()) + selector(field_selector);
}

}  // namespace ebbgate::kubernetes
