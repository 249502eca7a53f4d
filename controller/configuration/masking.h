#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::configuration {

/// What stands for a secret.
inline constexpr std::string_view kMask = "********";

/// `url` with user and password, and the values of query parameters that sound secret, masked.
std::string masked_url(std::string_view url);

/// A command's arguments with what sounds secret masked: `--password=x`, `--token x`,
/// `Authorization: x`, and what masked_url() masks.
std::vector<std::string> masked_command(const std::vector<std::string>& command);

}  // namespace ebbgate::configuration
