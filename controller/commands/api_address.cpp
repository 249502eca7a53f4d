#include "controller/commands/api_address.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/percent_encoding.h"
#include "base/url.h"

namespace ebbgate::commands {

namespace {

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

}  // namespace

std::string ApiAddress::text() const {
  return (secure ? "https://" : "http://") + authority + prefix;
}

std::optional<ApiAddress> parse_api_address(std::string_view text) {
  auto parsed = parse_url(text);
  auto* const url = std::get_if<Url>(&parsed);
  if (url == nullptr || !url->query.empty() || !url->fragment.empty()) return std::nullopt;
  ApiAddress address;
  if (url->has_user && !read_user(url->user_info, address)) return std::nullopt;
  address.secure = url->secure;
  address.host = std::move(url->host);
  address.port = url->port;
  address.authority = std::move(url->authority);
  address.prefix = std::move(url->path);
  while (address.prefix.ends_with('/')) address.prefix.pop_back();
  return address;
}

}  // namespace ebbgate::commands
