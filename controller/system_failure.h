#pragma once

#include <exception>
#include <string>

namespace ebbgate {

/// What a failure says, and for one of the operating system what to do about it, as whoever reads
/// it has no more than these words.
std::string told(const std::exception& failure);

}  // namespace ebbgate
