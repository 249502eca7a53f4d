#include "controller/configuration/nearest.h"

#include <algorithm>
#include <numeric>

namespace ebbgate::configuration {

namespace {

// Insertions, deletions and replacements that make one word of the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string joined(const std::vector<std::string>& words, std::string_view last_link) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last_link : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates,
                    std::size_t most_changes) {
  constexpr std::size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return {};
  std::string best;
  std::size_t best_distance = most_changes + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t changes = distance(word, candidate);
    // A word of which most must change was hardly meant.
    if (changes < best_distance && changes * 2 <= candidate.size()) {
      best = candidate;
      best_distance = changes;
    }
  }
  return best;
}

std::string any_of(const std::vector<std::string>& words) {
  return joined(words, " or ");
}

std::string all_of(const std::vector<std::string>& words) {
  return joined(words, " and ");
}

}  // namespace ebbgate::configuration
