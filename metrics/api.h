#pragma once

#include <functional>
#include <string>

#include "metrics/http.h"
#include "metrics/status.h"

namespace ebbgate::metrics {

/// Whom a server lets in: everybody to look, or those who may open the admin socket to act.
enum class Access { read_only, admin };

/// The routes of Ebbgate's server: the status page, /metrics, health and the JSON API.
/// `exposition` returns the text for /metrics, on any thread. `source` must outlive the handler.
Handler api_handler(StatusSource& source, std::function<std::string()> exposition, Access access);

}  // namespace ebbgate::metrics
