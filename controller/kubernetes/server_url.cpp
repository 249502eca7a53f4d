#include "controller/kubernetes/server_url.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ebbgate::kubernetes {

std::string ServerUrl::authority() const {
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ServerUrl::text() const {
  return (secure ? "https://" : "http://") + authority() + prefix;
}

std::variant<ServerUrl, std::string> parse_server_url(const std::string& text) {
  const auto strange = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), strange)) {
    return "a server's URL holds no spaces and no control characters";
  }
  ServerUrl url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    url.secure = false;
    url.port = 80;
  } else if (!rest.starts_with("https://")) {
    return "a server's URL begins with https:// (or http://)";
  }
  rest.remove_prefix(url.secure ? 8 : 7);
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return "a server's URL holds no user name, no query and no fragment";
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();

  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string_view::npos) return "the URL's IPv6 address lacks its ]";
  url.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  if (url.host.empty()) return "the URL names no host";
  const std::size_t host_end = bracketed ? end + 1 : std::min(end, authority.size());
  std::string_view port = authority.substr(host_end);
  if (port.empty()) return url;
  unsigned number = 0;
  const auto [last, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (port.front() != ':' || error != std::errc() || last != port.data() + port.size() ||
      number == 0 || number > 65535) {
    return "the URL's port is not one";
  }
  url.port = static_cast<std::uint16_t>(number);
  return url;
}

}  // namespace ebbgate::kubernetes
