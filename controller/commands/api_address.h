#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ebbgate::commands {

/// Where a running Ebbgate is asked, as somebody wrote it: http(s)://[USER[:PASSWORD]@]HOST[:PORT]
/// with a path in front of all others where there is one.
struct ApiAddress final {
  bool secure = false;
  std::string host;  ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string authority;  ///< host and port as they were written
  std::string prefix;     ///< of paths: empty, or begins with a slash and ends without one
  bool has_user = false;
  std::string user;
  std::string password;

  /// For people; without user and password.
  std::string text() const;
};

/// Nothing where it is no such URL.
std::optional<ApiAddress> parse_api_address(std::string_view text);

}  // namespace ebbgate::commands
