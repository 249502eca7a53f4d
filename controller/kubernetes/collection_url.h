#pragma once

#include <string>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// Paths, with their queries, of a list's pages and of watches. Empty: left out.
std::string list_url(const std::string& path, const std::string& field_selector, int page_size,
                     const std::string& continue_token);
std::string watch_url(const std::string& path, const std::string& field_selector,
                      const std::string& resource_version, std::chrono::seconds watch_for);

}  // namespace ebbgate::kubernetes
