#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Parts of Prometheus' text format, for families that are written without a registry.
namespace ebbgate::metrics {

/// The two lines before a family's samples.
void append_family(std::string& out, std::string_view name, std::string_view help,
                   std::string_view type);
void append_number(std::string& out, std::uint64_t number);
/// With three decimals; 0 where it lies before 1970.
void append_seconds(std::string& out, std::chrono::milliseconds time);

/// As a label's value stands between its quotes: backslash, quote and newline escaped, what is not
/// UTF-8 replaced by U+FFFD.
std::string escape_label_value(std::string_view value);

}  // namespace ebbgate::metrics
