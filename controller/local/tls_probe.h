#pragma once

#include "base/clock.h"

#include "net/dial.h"
#include "net/waiter.h"

namespace ebbgate::local {

/// Whether what listens there answers the beginning of a TLS session. Nothing is asked of it.
/// Blocks until `deadline` at most.
bool speaks_tls(const net::Endpoint& endpoint, const net::Waiter& waiter, BootTime deadline);

}  // namespace ebbgate::local
