#include "controller/configuration/masking.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ebbgate::configuration {

namespace {

bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 12> kWords = {
      "password", "passwd", "passphrase", "secret",        "token",  "apikey",
      "pwd",      "sig",    "credential", "authorization", "cookie", "key"};
  std::string plain;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

std::string masked_query(std::string_view query) {
  std::string result;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos && sounds_secret(parameter.substr(0, equals))) {
      result.append(parameter.substr(0, equals + 1)).append(kMask);
    } else {
      result += parameter;
    }
    if (end < query.size()) result += '&';
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return result;
}

// `NAME=value` and `NAME: value` with a name that sounds secret.
std::string masked_argument(const std::string& argument) {
  const std::size_t separator = argument.find_first_of("=:");
  if (separator != std::string::npos && sounds_secret(argument.substr(0, separator))) {
    return argument.substr(0, separator + 1).append(kMask);
  }
  return masked_url(argument);
}

}  // namespace

std::string masked_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  std::string_view authority = url.substr(begin, end - begin);
  std::string result(url.substr(0, begin));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    result += kMask;
    authority.remove_prefix(at);
  }
  result += authority;
  const std::size_t query = std::min(url.find('?', end), url.size());
  const std::size_t fragment = std::min(url.find('#', query), url.size());
  result += url.substr(end, query - end);
  if (query < url.size()) {
    result += '?';
    result += masked_query(url.substr(query + 1, fragment - query - 1));
  }
  result += url.substr(fragment);
  return result;
}

std::vector<std::string> masked_command(const std::vector<std::string>& command) {
  std::vector<std::string> result;
  bool mask_next = false;
  for (const std::string& argument : command) {
    const bool option = argument.starts_with('-');
    result.push_back(mask_next && !option ? std::string(kMask) : masked_argument(argument));
    mask_next = option && argument.find('=') == std::string::npos && sounds_secret(argument);
  }
  return result;
}

}  // namespace ebbgate::configuration
