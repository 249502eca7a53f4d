#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ebbgate {

/// An http or https URL in its parts, each as it was written.
struct Url final {
  bool secure = false;
  bool has_user = false;
  std::string user_info;  ///< what stands before the @
  std::string host;       ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string authority;  ///< host and port
  std::string path;       ///< empty, or from the first slash on
  std::string query;      ///< empty, or from the question mark on
  std::string fragment;   ///< the same, from the # on
};

/// Why a text is no such URL.
enum class UrlFault : std::uint8_t {
  scheme,     ///< it begins with neither http:// nor https://
  character,  ///< a space or a control character
  bracket,    ///< an IPv6 address lacks its ]
  host,       ///< there is none
  port,       ///< what stands after the colon is none
};

std::variant<Url, UrlFault> parse_url(std::string_view text);

/// The fault as a sentence's end, which repeats nothing of the URL.
std::string_view text_of(UrlFault fault);

}  // namespace ebbgate
