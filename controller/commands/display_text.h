#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

/// Text as a terminal shows it: a double-width character takes two columns, a combining one none.
namespace ebbgate::commands {

inline constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

/// The columns that printable text takes. Never fewer than a terminal takes for it.
std::size_t width_of(std::string_view text);

/// At most `width` columns: `a long na…`. No character is torn from its combining ones.
std::string shortened(std::string_view text, std::size_t width);

/// The same for names, whose ends tell more: `default/Dep…frontend`.
std::string shortened_in_the_middle(std::string_view text, std::size_t width);

/// Lines of at most `width` columns (2 at least), broken at spaces, and within what has none.
/// Nothing but spaces is lost. One line at least.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace ebbgate::commands
