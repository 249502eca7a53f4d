#include "controller/commands/api_address.h"

#include <algorithm>
#include <charconv>

#include "base/percent_encoding.h"

namespace ebbgate::commands {

namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_strange(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F || c == '?' || c == '#';
}

bool read_user(std::string_view text, ApiAddress& address) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto user = percent_decode(text.substr(0, colon));
  const auto password = percent_decode(text.substr(std::min(colon + 1, text.size())));
  if (!user || !password) return false;
  address.has_user = true;
  address.user = *user;
  address.password = *password;
  return true;
}

bool read_host(std::string_view text, ApiAddress& address) {
  address.authority = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    address.host = text.substr(1, bracket - 1);
    port = text.substr(bracket + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (address.host.empty() || address.host.find_first_of("[]@") != std::string::npos) return false;
  address.port = address.secure ? kHttpsPort : kHttpPort;
  if (port.empty()) return true;
  const char* const end = port.data() + port.size();
  const auto [last, error] = std::from_chars(port.data() + 1, end, address.port);
  return port.front() == ':' && error == std::errc() && last == end && address.port != 0;
}

}  // namespace

std::string ApiAddress::text() const {
  return std::string(secure ? kHttps : kHttp) + authority + prefix;
}

std::optional<ApiAddress> parse_api_address(std::string_view url) {
  if (std::ranges::any_of(url, is_strange)) return std::nullopt;
  ApiAddress address;
  address.secure = url.starts_with(kHttps);
  if (!address.secure && !url.starts_with(kHttp)) return std::nullopt;
  url.remove_prefix(address.secure ? kHttps.size() : kHttp.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  address.prefix = url.substr(slash);
  while (address.prefix.ends_with('/')) address.prefix.pop_back();
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!read_user(authority.substr(0, at), address)) return std::nullopt;
    authority.remove_prefix(at + 1);
  }
  return read_host(authority, address) ? std::optional(address) : std::nullopt;
}

}  // namespace ebbgate::commands
