#pragma once

#include <optional>
#include <string_view>

namespace ebbgate::configuration {

/// The 1-based number of the first line that is not well-formed UTF-8; nothing when all is.
std::optional<int> first_line_not_utf8(std::string_view text);

/// Whether a control character (C0, DEL, C1) is in well-formed UTF-8 text.
bool has_control_character(std::string_view text);

}  // namespace ebbgate::configuration
