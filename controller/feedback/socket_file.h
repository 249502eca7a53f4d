#pragma once

#include <string>

#include "controller/feedback/settings.h"

namespace ebbgate::feedback {

/// What is wrong with the file at `settings.socket`, which must be a socket with the owner and mode
/// that are required; empty: nothing.
std::string socket_file_problem(const PeerSettings& settings);

/// The same of the process that listens at the other end of a connection: it must run as the
/// required owner, or as root, which may have made the socket for somebody else.
std::string listener_problem(const PeerSettings& settings, int connection);

}  // namespace ebbgate::feedback
