#include "controller/local/http_target.h"

#include <algorithm>
#include <string_view>

#include "controller/local/process_table.h"

namespace ebbgate::local {

std::string HttpTarget::text() const {
  return (secure ? "https://" : "http://") + host_header + path.substr(0, path.find('?'));
}

std::variant<HttpTarget, std::string> parse_http_target(const std::string& url) {
  const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  if (std::any_of(url.begin(), url.end(), forbidden)) {
    return "the URL holds a space or a control character: write it as %20 and the like";
  }
  HttpTarget target;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    target.secure = true;
  } else if (!rest.starts_with("http://")) {
    return "the URL must begin with http:// or https://";
  }
  rest.remove_prefix(target.secure ? 8 : 7);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  target.path = rest.substr(authority_end);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  target.host_header = authority;
  if (authority.find('@') != std::string_view::npos) {
    return "the URL holds a user name: put credentials into an Authorization header";
  }

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return "the URL's IPv6 address lacks its ]";
    target.host = authority.substr(1, bracket - 1);
    port = authority.substr(bracket + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    target.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (target.host.empty()) return "the URL names no host";
  target.port = target.secure ? 443 : 80;
  if (!port.empty()) {
    const auto number = port.front() == ':' ? parse_number(port.substr(1)) : std::nullopt;
    if (!number || *number == 0 || *number > 65535) return "the URL's port is not one";
    target.port = static_cast<std::uint16_t>(*number);
  }
  return target;
}

}  // namespace ebbgate::local
