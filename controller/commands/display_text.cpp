#include "controller/commands/display_text.h"

#include <algorithm>

#include "base/unicode.h"

namespace ebbgate::commands {

namespace {

constexpr std::string_view kCut = "…";

// A character with the combining ones behind it.
struct Cluster {
  std::string_view text;
  std::size_t width = 0;
};

std::vector<Cluster> clusters_of(std::string_view text) {
  std::vector<Cluster> clusters;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const std::size_t width = columns_of(character.code);
    if (width == 0 && !clusters.empty()) {
      Cluster& last = clusters.back();
      last.text = text.substr(static_cast<std::size_t>(last.text.data() - text.data()),
                              last.text.size() + character.length);
    } else {
      clusters.push_back({text.substr(at, character.length), width});
    }
    at += character.length;
  }
  return clusters;
}

// As many as fit, from the front.
std::string front_of(const std::vector<Cluster>& clusters, std::size_t width) {
  std::string result;
  for (const Cluster& cluster : clusters) {
    if (cluster.width > width) break;
    width -= cluster.width;
    result += cluster.text;
  }
  return result;
}

std::string back_of(const std::vector<Cluster>& clusters, std::size_t width) {
  auto first = clusters.end();
  while (first != clusters.begin() && std::prev(first)->width <= width) {
    --first;
    width -= first->width;
  }
  std::string result;
  for (; first != clusters.end(); ++first) result += first->text;
  return result;
}

// Breaks a word that is longer than a line; the last piece is returned.
std::string break_word(std::string word, std::size_t width, std::vector<std::string>& lines) {
  while (width_of(word) > width) {
    std::string front = front_of(clusters_of(word), width);
    if (front.empty()) break;
    word.erase(0, front.size());
    lines.push_back(std::move(front));
  }
  return word;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    width += columns_of(character.code);
    at += character.length;
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return "";
  return front_of(clusters_of(text), width - 1).append(kCut);
}

std::string shortened_in_the_middle(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return "";
  const std::vector<Cluster> clusters = clusters_of(text);
  const std::string front = front_of(clusters, (width - 1) / 3);
  return front + std::string(kCut) + back_of(clusters, width - 1 - width_of(front));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 2);
  if (width_of(text) <= width) return {std::string(text)};
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t gap = line.empty() ? 0 : 1;
    if (width_of(line) + gap + width_of(word) <= width) {
      line.append(gap, ' ').append(word);
      continue;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    line = break_word(std::move(word), width, lines);
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace ebbgate::commands
