#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace ebbgate::kubernetes {

/// Where an API server listens.
struct ServerUrl {
  bool secure = true;
  std::string host;  ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string prefix;  ///< of every path: empty, or begins with a slash and ends without one

  /// As it is written: https://host:port/prefix
  std::string text() const;
  /// Host and port as a request names them.
  std::string authority() const;
};

/// Returns what is wrong where `text` is no http or https URL of a server.
std::variant<ServerUrl, std::string> parse_server_url(const std::string& text);

}  // namespace ebbgate::kubernetes
