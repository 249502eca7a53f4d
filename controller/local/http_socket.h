#pragma once

namespace ebbgate::local {

/// Whether a TCP connection that is shut down for writing never had a byte of ours to carry. False
/// where the kernel does not tell (it does since Linux 4.19).
bool carried_nothing(int socket);

}  // namespace ebbgate::local
