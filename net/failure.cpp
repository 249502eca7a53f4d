#include "net/failure.h"

#include <cerrno>
#include <cstring>

namespace ebbgate::net {

Failure system_failure(int error, Failure::Kind kind, const std::string& what) {
  // Of connect(), the last two say that no port is left to connect from.
  const bool shortage = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
                        error == EAGAIN || error == EADDRNOTAVAIL;
  return {shortage ? Failure::Kind::own_resources : kind,
          (what.empty() ? "" : what + ": ") + std::strerror(error)};
}

}  // namespace ebbgate::net
