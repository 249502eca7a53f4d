#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::metrics {

/// The names that a server answers to. A web page of somebody else can make its own name lead to
/// this server's address, and would then read what is here; but its name stays in the Host header.
/// Immutable.
class HostNames final {
 public:
  /// `names` beside those that everybody may use: IP addresses, which no page can have for a name,
  /// and localhost.
  explicit HostNames(const std::vector<std::string>& names);

  /// Whether a Host header with this value is meant for the server. Its port may be any: it is
  /// another one behind a port forward.
  bool include(std::string_view host_header) const;

 private:
  std::set<std::string, std::less<>> names_;  // in lower case, without a dot at the end
};

/// `name`, and what stands before its first dot.
std::vector<std::string> with_short_form(const std::string& name);

}  // namespace ebbgate::metrics
