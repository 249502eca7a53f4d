#include "base/masking.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ebbgate {

namespace {

using Secrets = std::vector<std::string>;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `X-ApiKey` as x, api, key.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = is_lower(c) || is_upper(c) || is_digit(c);
    const bool begins = is_upper(c) && i > 0 && is_lower(name[i - 1]);
    if ((begins || !letter) && !words.back().empty()) words.emplace_back();
    if (letter) words.back() += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

bool is_version(std::string_view text) {
  return text.size() >= 2 && text.size() <= 3 && text.front() == 'v' &&
         std::ranges::all_of(text.substr(1), is_digit);
}

std::string hidden(std::string_view secret, Secrets& secrets) {
  secrets.emplace_back(secret);
  return std::string(kMask);
}

// What only might be a secret: where it is very short, it is not looked for elsewhere.
std::string hidden_to_be_safe(std::string_view text, Secrets& secrets) {
  constexpr std::size_t kShortest = 4;
  if (text.size() >= kShortest) secrets.emplace_back(text);
  return std::string(kMask);
}

std::string path_without(std::string_view path, Secrets& secrets) {
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!is_plain_word(path.substr(begin, end - begin))) {
      hidden_to_be_safe(path.substr(begin), secrets);
      for (std::size_t at = begin; at < path.size();) {
        const std::size_t stop = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, stop - at);
        if (!is_plain_word(segment)) hidden_to_be_safe(segment, secrets);
        at = stop + 1;
      }
      return std::string(path.substr(0, begin)).append(kMask);
    }
    begin = end + 1;
  }
  return std::string(path);
}

std::string parameter_without(std::string_view parameter, Secrets& secrets) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) {
    return is_plain_word(parameter) ? std::string(parameter)
                                    : hidden_to_be_safe(parameter, secrets);
  }
  std::string name(parameter.substr(0, equals + 1));
  const std::string_view value = parameter.substr(equals + 1);
  if (value.empty()) return name;
  if (sounds_secret(name)) return name + hidden(value, secrets);
  return name + (is_plain_word(value) ? std::string(value) : hidden_to_be_safe(value, secrets));
}

std::string query_without(std::string_view query, Secrets& secrets) {
  std::string result;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    result += parameter_without(query.substr(0, end), secrets);
    if (end < query.size()) result += '&';
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return result;
}

// The path, query and fragment of a URL.
std::string target_without(std::string_view target, Secrets& secrets) {
  const std::size_t hash = std::min(target.find('#'), target.size());
  const std::size_t question = std::min(target.substr(0, hash).find('?'), hash);
  std::string result = path_without(target.substr(0, question), secrets);
  if (question < hash) {
    result += '?';
    result += query_without(target.substr(question + 1, hash - question - 1), secrets);
  }
  if (hash < target.size()) {
    const std::string_view fragment = target.substr(hash + 1);
    result += '#';
    result +=
        is_plain_word(fragment) ? std::string(fragment) : hidden_to_be_safe(fragment, secrets);
  }
  return result;
}

std::string url_without(std::string_view url, Secrets& secrets) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  std::string_view authority = url.substr(begin, end - begin);
  std::string result(url.substr(0, begin));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    result += hidden(authority.substr(0, at), secrets);
    authority.remove_prefix(at);
  }
  return result.append(authority).append(target_without(url.substr(end), secrets));
}

// Where the value ends that begins at `begin` in a script, behind a `=` or a `:`.
std::size_t end_of_value(std::string_view script, std::size_t begin, char separator) {
  if (begin < script.size() && (script[begin] == '"' || script[begin] == '\'')) {
    return std::min(script.find(script[begin], begin + 1), script.size());
  }
  return std::min(script.find_first_of(separator == '=' ? " \t\n;&|)\"'" : "\n\"'", begin),
                  script.size());
}

// `NAME=value` and `NAME: value` anywhere in a script, but for values that are variables.
std::string assignments_without(std::string_view script, Secrets& secrets) {
  std::string result;
  std::size_t copied = 0;
  std::size_t name = 0;  // where the word began that may be one
  for (std::size_t i = 0; i < script.size(); ++i) {
    const char c = script[i];
    if (is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-') continue;
    const std::size_t begin = std::exchange(name, i + 1);
    if ((c != '=' && c != ':') || !sounds_secret(script.substr(begin, i - begin))) continue;
    std::size_t value = i + 1;
    while (c == ':' && value < script.size() && script[value] == ' ') ++value;
    const std::size_t end = end_of_value(script, value, c);
    if (end <= value || script[value] == '$') continue;
    if (script[value] == '"' || script[value] == '\'') ++value;
    if (end <= value) continue;
    result.append(script.substr(copied, value - copied));
    result += hidden_to_be_safe(script.substr(value, end - value), secrets);
    copied = end;
    i = end - 1;
    name = end;
  }
  return result.append(script.substr(copied));
}

std::string script_without(std::string_view script, Secrets& secrets) {
  constexpr std::string_view kEnds = " \t\n;|\"'";
  const std::string masked = assignments_without(script, secrets);
  std::string result;
  for (std::size_t begin = 0; begin < masked.size();) {
    const std::size_t end = std::min(masked.find_first_of(kEnds, begin), masked.size());
    result += url_without(std::string_view(masked).substr(begin, end - begin), secrets);
    if (end < masked.size()) result += masked[end];
    begin = end + 1;
  }
  return result;
}

// `NAME=value` and `NAME: value` with a name that sounds secret, or a script.
std::string argument_without(const std::string& argument, Secrets& secrets) {
  const std::size_t separator = argument.find_first_of("=:");
  const bool named = separator != std::string::npos && argument.find_first_of(" \t\n") > separator;
  if (!named || !sounds_secret(argument.substr(0, separator))) {
    return script_without(argument, secrets);
  }
  std::string_view value = std::string_view(argument).substr(separator + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  // It may be a script that begins with an assignment.
  assignments_without(argument, secrets);
  return argument.substr(0, separator + 1) + hidden(value, secrets);
}

// `name:password` after --user.
std::string user_without(const std::string& user, Secrets& secrets) {
  const std::size_t colon = user.find(':');
  if (colon == std::string::npos) return user;
  hidden(user, secrets);
  return user.substr(0, colon + 1).append(kMask);
}

std::vector<std::string> command_without(const std::vector<std::string>& command,
                                         Secrets& secrets) {
  std::vector<std::string> result;
  bool secret_follows = false;
  bool user_follows = false;
  for (const std::string& argument : command) {
    const bool option = argument.starts_with('-');
    if (secret_follows && !option) {
      result.push_back(hidden(argument, secrets));
    } else if (user_follows && !option) {
      result.push_back(user_without(argument, secrets));
    } else if (argument.starts_with("--user=")) {
      result.push_back("--user=" + user_without(argument.substr(7), secrets));
    } else {
      result.push_back(argument_without(argument, secrets));
    }
    secret_follows = option && argument.find('=') == std::string::npos && sounds_secret(argument);
    user_follows =
        argument == "-u" || argument == "-U" || argument == "--user" || argument == "--proxy-user";
  }
  return result;
}

}  // namespace

bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 11> kAnywhere = {
      "password", "passwd",     "passphrase",    "secret", "token",    "apikey",
      "pwd",      "credential", "authorization", "cookie", "signature"};
  constexpr std::array<std::string_view, 5> kWords = {"auth", "bearer", "keys", "pass", "sig"};
  const std::vector<std::string> words = words_of(name);
  std::string plain;
  for (const std::string& word : words) plain += word;
  const auto sounds = [&](const std::string& word) {
    return word.ends_with("key") || std::ranges::find(kWords, word) != kWords.end();
  };
  return std::ranges::any_of(words, sounds) ||
         std::ranges::any_of(kAnywhere, [&](std::string_view word) {
           return plain.find(word) != std::string::npos;
         });
}

bool is_plain_word(std::string_view text) {
  constexpr std::size_t kLongestText = 24;
  constexpr std::size_t kLongestWord = 14;
  if (is_version(text)) return true;
  if (text.size() > kLongestText || sounds_secret(text)) return false;
  std::size_t length = 0;
  for (const char c : text) {
    const bool parts = c == '-' || c == '_' || c == '.';
    if (!parts && !is_lower(c)) return false;
    length = parts ? 0 : length + 1;
    if (length > kLongestWord) return false;
  }
  return true;
}

std::string masked_path(std::string_view path) {
  Secrets secrets;
  return path_without(path, secrets);
}

std::string masked_url(std::string_view url) {
  Secrets secrets;
  return url.starts_with('/') ? target_without(url, secrets) : url_without(url, secrets);
}

std::vector<std::string> masked_command(const std::vector<std::string>& command) {
  Secrets secrets;
  return command_without(command, secrets);
}

std::vector<std::string> secrets_of(const std::vector<std::string>& command) {
  Secrets secrets;
  command_without(command, secrets);
  return secrets;
}

}  // namespace ebbgate
