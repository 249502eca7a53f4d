#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::configuration {

/// The candidate that `word` was most likely meant to be; empty when none is near, that is, when
/// more than so many letters would have to change.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates,
                    std::size_t most_changes = 3);

/// `a, b or c`.
std::string any_of(const std::vector<std::string>& words);

/// `a, b and c`.
std::string all_of(const std::vector<std::string>& words);

}  // namespace ebbgate::configuration
