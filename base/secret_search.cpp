#include "base/secret_search.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/encoded_match.h"
#include "base/escapes.h"
#include "base/masking.h"
#include "base/percent_encoding.h"

namespace ebbgate {

namespace {

// What is shorter is part of many a word.
constexpr std::size_t kShortest = 4;
// Of a text for each character that is searched for: `\\\\u002f`, `&#x2f;`, and some more. A bound,
// so that it is known how far a secret may reach.
constexpr std::size_t kMostBytes = 12;

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

// `it's` as a shell writes it within single quotes.
std::string with_quotes_as(std::string_view secret, std::string_view quote) {
  std::string result;
  for (const char c : secret) {
    if (c == '\'') {
      result += quote;
    } else {
      result += c;
    }
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

std::string FoundSecrets::masked(std::string_view text, std::size_t begin, std::size_t end) const {
  std::string result;
  std::size_t at = begin;
  auto span = std::ranges::upper_bound(spans_, begin, {}, &Span::end);
  for (; span != spans_.end() && span->begin < end; ++span) {
    if (span->begin > at) result += text.substr(at, span->begin - at);
    if (begin < end) result += kMask;
    at = span->end;
  }
  if (at < end) result += text.substr(at, end - at);
  return result;
}

SecretSearch::SecretSearch(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    std::string_view rest = secret;
    while (!rest.empty()) {  // others tell what has several lines line by line
      const std::string_view line = rest.substr(0, rest.find('\n'));
      add_forms(without_scheme(line));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }
}

void SecretSearch::add_forms(std::string_view secret) {
  if (secret.empty()) return;
  add(secret);
  // Of base64 the padding is often left out.
  while (secret.ends_with('=')) secret.remove_suffix(1);
  if (secret.size() >= kShortest) add_pattern(Pattern::Kind::escaped, std::string(secret));
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
  std::string_view rest = secret;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!line.empty()) add_line(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
}

void SecretSearch::add_line(std::string_view line) {
  if (line.size() < kShortest) {
    hopeless_ = true;
    return;
  }
  add_pattern(Pattern::Kind::escaped, std::string(line));
  if (line.find('\'') != std::string_view::npos) {
    add_pattern(Pattern::Kind::escaped, with_quotes_as(line, "'\\''"));
    add_pattern(Pattern::Kind::escaped, with_quotes_as(line, "'\"'\"'"));
  }
  add_pattern(Pattern::Kind::hexadecimal, std::string(line));
  for (std::size_t before = 0; before < 3; ++before) {
    std::string core = base64_core(line, before);
    if (core.size() < kShortest) continue;
    std::string for_urls = core;
    std::ranges::replace(for_urls, '+', '-');
    std::ranges::replace(for_urls, '/', '_');
    if (for_urls != core) add_pattern(Pattern::Kind::base64, std::move(for_urls));
    add_pattern(Pattern::Kind::base64, std::move(core));
  }
}

void SecretSearch::add_pattern(Pattern::Kind kind, std::string text) {
  longest_ = std::max(longest_, kMostBytes * text.size());
  patterns_.push_back({kind, std::move(text)});
}

std::size_t SecretSearch::length_at(std::string_view text, std::size_t at, bool& open) const {
  std::size_t longest = 0;
  for (const Pattern& pattern : patterns_) {
    const std::string_view part = text.substr(0, at + kMostBytes * pattern.text.size());
    EncodedMatch match;
    switch (pattern.kind) {
      case Pattern::Kind::escaped:
        match.length = escaped_length(part, at, pattern.text);
        break;
      case Pattern::Kind::base64:
        match = base64_match(part, at, pattern.text);
        break;
      case Pattern::Kind::hexadecimal:
        match = hex_match(part, at, pattern.text);
        break;
    }
    longest = std::max(longest, match.length);
    open = open || (match.open && part.size() == text.size());
  }
  return longest;
}

FoundSecrets SecretSearch::find(std::string_view text) const {
  FoundSecrets found;
  found.settled_ = text.size();
  if (hopeless_) {
    if (!text.empty()) found.spans_.push_back({0, text.size()});
    return found;
  }
  if (patterns_.empty()) return found;
  // Also within what was found: two may overlap, and then both are to be masked.
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool open = false;
    const std::size_t length = length_at(text, at, open);
    if (open) found.settled_ = std::min(found.settled_, at);
    if (length == 0) continue;
    if (!found.spans_.empty() && at < found.spans_.back().end) {
      found.spans_.back().end = std::max(found.spans_.back().end, at + length);
    } else {
      found.spans_.push_back({at, at + length});
    }
  }
  return found;
}

std::string SecretSearch::masked(std::string_view text) const {
  return find(text).masked(text, 0, text.size());
}

std::string SecretSearch::masked_beginning(std::string_view text, std::size_t most) const {
  return find(text.substr(0, most + longest_)).masked(text, 0, std::min(most, text.size()));
}

}  // namespace ebbgate
