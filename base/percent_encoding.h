#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ebbgate {

/// A part of a URL's path or query, everything but letters, digits and `-._~` as %XX.
std::string percent_encode(std::string_view text);

/// The opposite; nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace ebbgate
