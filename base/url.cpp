#include "base/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ebbgate {

namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

bool is_strange(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

// Takes off what `rest` has from the first of `ends` on.
std::string taken_from(std::string_view& rest, std::string_view ends) {
  const std::size_t at = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view tail = rest.substr(at);
  rest = rest.substr(0, at);
  return std::string(tail);
}

std::optional<UrlFault> read_authority(std::string_view authority, Url& url) {
  url.authority = authority;
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = authority.find(bracketed ? ']' : ':');
  if (bracketed && end == std::string_view::npos) return UrlFault::bracket;
  url.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  if (url.host.empty() || url.host.find_first_of("[]") != std::string::npos) return UrlFault::host;
  const std::string_view port =
      authority.substr(bracketed ? end + 1 : std::min(end, authority.size()));
  url.port = url.secure ? 443 : 80;
  if (port.empty()) return std::nullopt;
  const char* const last = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data() + 1, last, url.port);
  const bool fits = port.front() == ':' && error == std::errc() && stop == last && url.port != 0;
  return fits ? std::nullopt : std::optional(UrlFault::port);
}

}  // namespace

std::variant<Url, UrlFault> parse_url(std::string_view text) {
  Url url;
  url.secure = text.starts_with(kHttps);
  if (!url.secure && !text.starts_with(kHttp)) return UrlFault::scheme;
  if (std::ranges::any_of(text, is_strange)) return UrlFault::character;
  std::string_view rest = text.substr(url.secure ? kHttps.size() : kHttp.size());
  url.fragment = taken_from(rest, "#");
  url.query = taken_from(rest, "?");
  url.path = taken_from(rest, "/");
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    url.has_user = true;
    url.user_info = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  if (const auto fault = read_authority(rest, url)) return *fault;
  return url;
}

std::string_view text_of(UrlFault fault) {
  switch (fault) {
    case UrlFault::scheme:
      return "the URL must begin with http:// or https://";
    case UrlFault::character:
      return "the URL holds a space or a control character: write it as %20 and the like";
    case UrlFault::bracket:
      return "the URL's IPv6 address lacks its ]";
    case UrlFault::host:
      return "the URL names no host";
    case UrlFault::port:
      return "the URL's port is not one";
  }
  return "";
}

}  // namespace ebbgate
