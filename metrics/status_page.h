#pragma once

#include <string>
#include <string_view>

namespace ebbgate::metrics {

/// The page at `/`: self-contained, it polls the API of the server that it came from. What
/// workloads are called never becomes markup. Its sources are in metrics/page.
std::string_view status_page();

/// Its Content-Security-Policy: nothing but its own style and script, and its own server.
const std::string& status_page_policy();

}  // namespace ebbgate::metrics
