#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controller/configuration/values.h"

namespace ebbgate::configuration {

/// Where the HTTP server listens.
struct ListenAddress {
  std::string host;        ///< a name, an IPv4 or an IPv6 address without brackets
  std::uint16_t port = 0;  ///< 0: any free one
};

/// Reads `HOST:PORT` or `[IPV6]:PORT`. Nothing when it is neither.
std::optional<ListenAddress> parse_listen(std::string_view text);

/// The URL under which a command on the same machine reaches a server that listens there.
std::string client_url(const ListenAddress& address);

/// The text of a listen address, as read_… of values.h.
Problem read_listen(std::string_view text, std::string& value);

/// What is wrong with a name of `listen_hosts`, as read_… of values.h.
Problem check_host_name(std::string_view text);

/// An http:// or https:// URL, as read_… of values.h. Problems do not repeat it: it may hold a
/// password.
Problem read_url(std::string_view text, std::string& value);

/// The same without user and password, which would be seen wherever the URL is.
Problem read_bare_url(std::string_view text, std::string& value);

}  // namespace ebbgate::configuration
