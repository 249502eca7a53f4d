#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "controller/governor/hold.h"

/// The values of settings, read from their text alone. Each function sets `value` and returns
/// nothing, or leaves it and returns what is wrong; and what would be right.
namespace ebbgate::configuration {

using Problem = std::optional<std::string>;

/// Not longer than governor::kLongestDuration.
Problem read_duration(std::string_view text, Duration& value);
/// A duration of more than 0.
Problem read_positive_duration(std::string_view text, Duration& value);
/// Decimal digits, without a leading zero.
Problem read_whole_number(std::string_view text, std::int64_t lowest, std::int64_t highest,
                          std::int64_t& value);
/// Decimal digits with an optional sign and fraction; no exponent, no infinity.
Problem read_number(std::string_view text, double& value);
/// Bytes: a whole number as above, alone or with KiB or MiB behind it.
Problem read_size(std::string_view text, std::size_t lowest, std::size_t highest,
                  std::size_t& value);
/// The same of a file that may be configuration.
Problem read_file_size(std::string_view text, std::size_t& value);
/// The shortest such text: `64KiB`.
std::string size_text(std::size_t size);
/// The index of `text` among `words`.
Problem read_choice(std::string_view text, const std::vector<std::string>& words,
                    std::size_t& value);
/// `true` or `false`.
Problem read_switch(std::string_view text, bool& value);
/// `true`, `false`, or a time.
Problem read_hold(std::string_view text, governor::Hold& value);
/// `HUP` or `SIGHUP`.
Problem read_signal(std::string_view text, int& value);
/// `HUP` of SIGHUP; the number where there is no name.
std::string signal_name(int signal);
/// Permission bits, in octal: `0600` or `600`; absent where the text is empty.
Problem read_mode(std::string_view text, std::optional<std::uint32_t>& value);
/// `0600`; empty where it is absent.
std::string mode_text(const std::optional<std::uint32_t>& mode);
/// A user's name or number, or nothing. Whether there is such a user is not asked.
Problem read_owner(std::string_view text, std::string& value);
/// A path that the system can take: not empty, no NUL.
Problem read_path(std::string_view text, std::string& value);
/// Of a workload or namespace: it stands in keys, URLs and labels.
Problem read_name(std::string_view text, std::string& value);
/// One line of text, which may be empty.
Problem read_line(std::string_view text, std::string& value);
/// Of a namespace of Kubernetes: a DNS label.
Problem read_namespace(std::string_view text, std::string& value);
/// Of an object of Kubernetes: DNS labels with dots between.
Problem read_object_name(std::string_view text, std::string& value);
/// A glob over names of entries.
Problem read_glob(std::string_view text, std::string& value);
/// The shortest text that reads back the same.
std::string number_text(double value);

}  // namespace ebbgate::configuration
