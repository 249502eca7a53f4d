#pragma once

#include <string_view>

namespace ebbgate::metrics {

/// metrics/page as one page; its source is generated (metrics/page/assemble.cmake).
extern const std::string_view kStatusPageText;

}  // namespace ebbgate::metrics
