#include "metrics/host_names.h"

#include <arpa/inet.h>

#include <algorithm>

namespace ebbgate::metrics {

namespace {

std::string normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_address(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_address_in_brackets(std::string_view host) {
  if (host.size() < 2 || !host.starts_with('[') || !host.ends_with(']')) return false;
  const std::string address(host.substr(1, host.size() - 2));
  in6_addr ignored{};
  // The zone of a link-local address is no part of it.
  return inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &ignored) == 1;
}

bool is_port(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

HostNames::HostNames(const std::vector<std::string>& names) : names_{"localhost"} {
  for (const std::string& name : names) {
    if (std::string text = normal(name); !text.empty()) names_.insert(std::move(text));
  }
}

bool HostNames::include(std::string_view host_header) const {
  const std::size_t colon = host_header.rfind(':');
  const std::size_t bracket = host_header.rfind(']');
  std::string_view host = host_header;
  if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  return is_address_in_brackets(host) || is_address(std::string(host)) ||
         names_.contains(normal(host));
}

std::vector<std::string> with_short_form(const std::string& name) {
  return {name, name.substr(0, name.find('.'))};
}

}  // namespace ebbgate::metrics
