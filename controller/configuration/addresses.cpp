#include "controller/configuration/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <variant>

#include "base/url.h"
#include "controller/configuration/problems.h"

namespace ebbgate::configuration {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  // The zone of a link-local address (fe80::1%eth0) is no part of it.
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

bool is_host(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  };
  if (!std::ranges::all_of(host, fits)) return false;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return !numeric || is_ipv4(host);
}

Problem read_url_parts(std::string_view text, Url& url) {
  auto parsed = parse_url(text);
  const auto* const fault = std::get_if<UrlFault>(&parsed);
  if (fault != nullptr && *fault == UrlFault::scheme) {
    return "does not begin with http:// or https://; write one such as "
           "http://127.0.0.1:8080/reload";
  }
  const auto printable = [](char c) { return c > ' ' && c != '\x7F'; };
  if (!std::ranges::all_of(text, printable)) {
    return "has a space, a control character or one that is not ASCII; write it percent-encoded";
  }
  const std::string wrong = "is no HTTP URL; write one such as http://127.0.0.1:8080/reload";
  if (fault != nullptr) return wrong;
  url = std::move(std::get<Url>(parsed));
  const bool fits = url.authority.starts_with('[') ? is_ipv6(url.host) : is_host(url.host);
  return fits ? std::nullopt : Problem(wrong);
}

}  // namespace

std::optional<ListenAddress> parse_listen(std::string_view text) {
  ListenAddress address;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    address.host = text.substr(1, end - 1);
    if (!is_ipv6(address.host)) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    address.host = text.substr(0, end);
    if (!is_host(address.host)) return std::nullopt;
    rest = text.substr(end);
  }
  if (!rest.starts_with(':')) return std::nullopt;
  std::int64_t port = 0;
  if (read_whole_number(rest.substr(1), 0, 65535, port)) return std::nullopt;
  address.port = static_cast<std::uint16_t>(port);
  return address;
}

std::string client_url(const ListenAddress& address) {
  std::string host = address.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(address.port);
}

Problem read_listen(std::string_view text, std::string& value) {
  if (!parse_listen(text)) {
    return in_quotes(text) +
           " is no address to listen on; write HOST:PORT, such as 127.0.0.1:9911 or [::1]:9911";
  }
  value = text;
  return std::nullopt;
}

Problem check_host_name(std::string_view text) {
  if (is_host(std::string(text))) return std::nullopt;
  return in_quotes(text) +
         " is no name of a host; write it without a scheme and a port, such as ebbgate.example.org";
}

Problem read_url(std::string_view text, std::string& value) {
  Url url;
  if (Problem problem = read_url_parts(text, url)) return problem;
  value = text;
  return std::nullopt;
}

Problem read_bare_url(std::string_view text, std::string& value) {
  Url url;
  if (Problem problem = read_url_parts(text, url)) return problem;
  if (url.has_user) {
    return "has a user or a password before the @; remove them, and let a header or a program of "
           "`exec` bring them";
  }
  value = text;
  return std::nullopt;
}

}  // namespace ebbgate::configuration
