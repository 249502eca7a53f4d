#pragma once

#include <optional>
#include <string>

namespace ebbgate {

std::string base64_encode(const std::string& bytes);
/// Line breaks and spaces count for nothing. Nothing where it is no base64.
std::optional<std::string> base64_decode(const std::string& text);

}  // namespace ebbgate
