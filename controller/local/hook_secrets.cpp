#include "controller/local/hook_secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/masking.h"

namespace ebbgate::local {
namespace {

bool is_public(std::string name) {
  constexpr std::array<std::string_view, 10> kPublic{
      "accept",        "accept-charset", "accept-encoding", "accept-language",
      "cache-control", "connection",     "content-length",  "content-type",
      "host",          "user-agent"};
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kPublic, name) != kPublic.end();
}

}  // namespace

bool may_carry_secrets(const HttpRequest& request) {
  return masked_url(request.url) != request.url ||
         std::ranges::any_of(request.headers,
                             [](const auto& header) { return !is_public(header.first); });
}

}  // namespace ebbgate::local
