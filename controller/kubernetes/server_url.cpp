#include "controller/kubernetes/server_url.h"

#include <utility>

#include "base/url.h"

namespace ebbgate::kubernetes {

std::string ServerUrl::authority() const {
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ServerUrl::text() const {
  return (secure ? "https://" : "http://") + authority() + prefix;
}

std::variant<ServerUrl, std::string> parse_server_url(const std::string& text) {
  auto parsed = parse_url(text);
  if (const auto* fault = std::get_if<UrlFault>(&parsed)) return std::string(text_of(*fault));
  Url& url = std::get<Url>(parsed);
  if (url.has_user || !url.query.empty() || !url.fragment.empty()) {
    return "a server's URL holds no user name, no query and no fragment";
  }
  while (url.path.ends_with('/')) url.path.pop_back();
  return ServerUrl{url.secure, std::move(url.host), url.port, std::move(url.path)};
}

}  // namespace ebbgate::kubernetes
