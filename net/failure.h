#pragma once

#include <cstdint>
#include <string>

namespace ebbgate::net {

/// Why a connection did not come about, or why an exchange over it failed.
struct Failure {
  enum class Kind : std::uint8_t {
    own_resources,  ///< this process lacks descriptors, memory, threads or ports
    no_address,     ///< the name has none, or that could not be found out
    unreachable,    ///< nothing takes the connection
    untrusted,      ///< no TLS session that can be trusted
    not_tls,        ///< what listens there does not answer as a TLS server does
    late,           ///< its time was over
    interrupted,    ///< its Waiter was interrupted
    broken,         ///< the other side closed the connection in the middle of its answer
    no_answer,      ///< it closed the connection without an answer
    tls_expected,   ///< it answered plain HTTP with TLS
    not_http,       ///< its answer is no HTTP
    too_long,       ///< its answer is longer than may be
  };

  Kind kind = Kind::broken;
  std::string text;  ///< for people
};

/// Of a system call that failed with `error`: own_resources where that says so, otherwise `kind`.
Failure system_failure(int error, Failure::Kind kind, const std::string& what = "");

}  // namespace ebbgate::net
