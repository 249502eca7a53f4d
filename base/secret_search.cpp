#include "base/secret_search.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/escapes.h"
#include "base/masking.h"
#include "base/percent_encoding.h"

namespace ebbgate {

namespace {

// What is shorter is part of many a word.
constexpr std::size_t kShortest = 4;

// `Bearer x`: the scheme is no secret.
std::string_view without_scheme(std::string_view text) {
  constexpr std::array<std::string_view, 5> kSchemes{"basic ", "bearer ", "digest ", "token ",
                                                     "apikey "};
  for (const std::string_view scheme : kSchemes) {
    const bool begins =
        text.size() > scheme.size() &&
        std::ranges::equal(text.substr(0, scheme.size()), scheme, {},
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (begins) return text.substr(scheme.size());
  }
  return text;
}

std::optional<std::string> decoded_text(std::string_view text) {
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  while (padded.size() % 4 != 0) padded += '=';
  auto decoded = base64_decode(padded);
  const auto shown = [](unsigned char c) { return c >= 0x20 && c != 0x7F; };
  if (!decoded || decoded->empty() || !std::ranges::all_of(*decoded, shown)) return std::nullopt;
  return decoded;
}

std::string hex_text(std::string_view text, const char* digits) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

// What all base64 of a text has that holds the secret behind so many other bytes.
std::string base64_core(std::string_view secret, std::size_t before) {
  const std::string encoded = base64_encode(std::string(before, '\0').append(secret));
  const std::size_t begin = before == 0 ? 0 : before + 1;
  const std::size_t end = (before + secret.size()) * 8 / 6;
  return encoded.substr(begin, end - std::min(begin, end));
}

}  // namespace

SecretSearch::SecretSearch(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    std::string_view rest = secret;
    while (!rest.empty()) {  // others tell what has several lines line by line
      const std::string_view line = rest.substr(0, rest.find('\n'));
      add_forms(without_scheme(line));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }
  std::ranges::stable_sort(patterns_, std::greater<>(), &std::string::size);
}

void SecretSearch::add_forms(std::string_view secret) {
  if (secret.empty()) return;
  add(secret);
  // Of base64 the padding is often left out.
  while (secret.ends_with('=')) secret.remove_suffix(1);
  if (secret.size() >= kShortest) patterns_.emplace_back(secret);
  const auto add_password = [this](std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && colon + 1 < text.size()) add(text.substr(colon + 1));
  };
  add_password(secret);
  if (const auto plain = percent_decode(secret); plain && *plain != secret) {
    add(*plain);
    add_password(*plain);
  }
  if (secret.size() < 8) return;
  if (const auto plain = decoded_text(secret); plain && plain->size() >= kShortest) {
    add(*plain);
    add_password(*plain);
  }
}

void SecretSearch::add(std::string_view secret) {
  if (secret.size() < kShortest) {
    hopeless_ = true;
    return;
  }
  patterns_.emplace_back(secret);
  patterns_.push_back(hex_text(secret, "0123456789abcdef"));
  patterns_.push_back(hex_text(secret, "0123456789ABCDEF"));
  for (std::size_t before = 0; before < 3; ++before) {
    std::string core = base64_core(secret, before);
    if (core.size() < kShortest) continue;
    std::string for_urls = core;
    std::ranges::replace(for_urls, '+', '-');
    std::ranges::replace(for_urls, '/', '_');
    if (for_urls != core) patterns_.push_back(std::move(for_urls));
    patterns_.push_back(std::move(core));
  }
  constexpr std::size_t kLongestEscape = 8;  // of one character
  for (const std::string& pattern : patterns_) {
    longest_ = std::max(longest_, kLongestEscape * pattern.size());
  }
}

std::size_t SecretSearch::length_at(std::string_view text, std::size_t at) const {
  std::size_t longest = 0;
  for (const std::string& pattern : patterns_) {
    longest = std::max(longest, escaped_length(text, at, pattern));
  }
  return longest;
}

std::string SecretSearch::masked(std::string_view text) const {
  if (hopeless_ && !text.empty()) return std::string(kMask);
  if (patterns_.empty()) return std::string(text);
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_at(text, at);
    if (length == 0) {
      result += text[at++];
      continue;
    }
    result += kMask;
    at += length;
  }
  return result;
}

}  // namespace ebbgate
