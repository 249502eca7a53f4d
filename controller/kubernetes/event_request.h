#pragma once

#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/event_series.h"

namespace ebbgate::kubernetes {

/// The request that writes an Event: a POST of the whole object, or a merge patch of what changes
/// in a series.
Request event_request(const EventWrite& write);

}  // namespace ebbgate::kubernetes
