#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ebbgate {

/// Why an update was refused, or why its outcome is not known. The numbers are stored: a new cause
/// goes to the end.
enum class FailureCause : std::uint8_t {
  command_not_started,  ///< no such program, or it cannot be executed
  command_exit,         ///< it ended with another exit status than 0
  command_killed,       ///< a signal that was not Ebbgate's ended it
  command_timeout,      ///< it did not end in time, so it was ended
  command_lost,         ///< its exit status cannot be had
  http_unreachable,     ///< no address or no connection
  http_untrusted,       ///< no TLS connection that can be trusted
  http_status,          ///< an answer other than 2xx
  http_broken,          ///< the answer broke off
  http_timeout,         ///< no whole answer in time
  signal_pid_file,      ///< the pid file cannot be read
  signal_no_process,    ///< the process does not run
  signal_denied,        ///< it may not be signalled
  api_unreachable,      ///< the API server could not be connected to, or there are no credentials
  api_denied,           ///< credentials, RBAC or admission control refuse it
  api_invalid,          ///< another 4xx
  api_throttled,        ///< too many requests
  api_conflict,         ///< somebody else wrote to the workload meanwhile
  api_server_error,     ///< a 5xx, or an answer that is not the API server's own
  api_broken,           ///< the connection broke, or the answer did not come in time
  lease_ending,         ///< too little was left of the lease to send it
  not_configured,       ///< the workload is gone or has no update
  own_resources,        ///< Ebbgate lacks descriptors, memory or threads
  interrupted,          ///< Ebbgate stopped, or crashed, meanwhile
  http_redirect,        ///< the answer sends elsewhere
  http_not_tls,         ///< what listens at an https URL does not speak TLS
  http_tls_expected,    ///< what listens at an http URL speaks TLS
  http_not_http,        ///< the answer is no HTTP
  http_too_long,        ///< the answer never comes to its end, or to its body
  http_no_answer,       ///< the connection was closed without an answer
  signal_file_missing,  ///< there is no pid file
  signal_file_empty,    ///< it is empty
  signal_file_garbled,  ///< it holds something other than a pid
  signal_file_foreign,  ///< somebody could have written it who may not signal the process
  signal_file_stale,    ///< its pid is another process's by now
  signal_forbidden,     ///< it names Ebbgate, or the first process
};

inline constexpr FailureCause kLastFailureCause = FailureCause::signal_forbidden;

/// As the API and people name it: `command_exit`.
std::string_view name_of(FailureCause cause);
/// Nothing where no cause has this number.
std::optional<FailureCause> failure_cause(int number);

/// Whether an errno says that Ebbgate itself lacks descriptors, memory, processes or threads.
bool is_shortage(int error);

}  // namespace ebbgate
