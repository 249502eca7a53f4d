#include "controller/local/hook_secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/percent_encoding.h"

namespace ebbgate::local {
namespace {

constexpr std::string_view kMask = "********";
// What is shorter protects nothing, and is part of many a word.
constexpr std::size_t kShortest = 4;

bool is_public(std::string name) {
  constexpr std::array<std::string_view, 6> kPublic{
      "accept", "accept-encoding", "connection", "content-type", "host", "user-agent"};
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kPublic, name) != kPublic.end();
}

}  // namespace

HookSecrets::HookSecrets(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (is_public(name)) continue;
    add(value);
    // `Bearer x`: the scheme is none.
    if (const std::size_t space = value.rfind(' '); space != std::string::npos) {
      add(value.substr(space + 1));
    }
  }
  const std::size_t question = request.url.find('?');
  if (question == std::string::npos) return;
  std::string_view query = std::string_view(request.url).substr(question + 1);
  query = query.substr(0, query.find('#'));
  add(std::string(query));
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::size_t equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? parameter : parameter.substr(equals + 1);
    add(std::string(value));
    add(percent_decode(value).value_or(""));
  }
}

void HookSecrets::add(std::string secret) {
  if (secret.size() < kShortest) return;
  const auto longer = [](const std::string& left, const std::string& right) {
    return left.size() > right.size();
  };
  secrets_.insert(std::ranges::upper_bound(secrets_, secret, longer), std::move(secret));
}

std::string HookSecrets::masked(std::string text) const {
  for (const std::string& secret : secrets_) {
    std::size_t at = 0;
    while ((at = text.find(secret, at)) != std::string::npos) {
      text.replace(at, secret.size(), kMask);
      at += kMask.size();
    }
  }
  return text;
}

}  // namespace ebbgate::local
