#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "metrics/feedback.h"
#include "metrics/http.h"
#include "metrics/status.h"

namespace ebbgate::metrics {

/// Whom a server lets in: everybody to look, or those who may open the admin socket to act.
enum class Access { read_only, admin };

/// The routes of Ebbgate's server: the status page, /metrics, health and the JSON API. Feedback is
/// taken from everybody. `exposition` returns the text for /metrics, on any thread. Sources and
/// clock must outlive the handler.
Handler api_handler(StatusSource& source, FeedbackSource& feedback,
                    std::function<std::string()> exposition, const Clock& clock, Access access);

}  // namespace ebbgate::metrics
