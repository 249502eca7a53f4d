#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace ebbgate::local {

/// An http or https URL in its parts.
struct HttpTarget {
  bool secure = false;
  std::string host;  ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string host_header;  ///< host and port as the request names them
  std::string path;         ///< from the first slash on, with the query; never empty

  /// The URL for people: without its query, and its path as masked_path() has it.
  std::string text() const;
};

/// Returns what is wrong where the text is no such URL.
std::variant<HttpTarget, std::string> parse_http_target(const std::string& text);

}  // namespace ebbgate::local
