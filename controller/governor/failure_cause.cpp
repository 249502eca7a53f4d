#include "controller/governor/failure_cause.h"

#include <array>
#include <cerrno>
#include <cstddef>

namespace ebbgate {

namespace {

constexpr std::size_t kCauses = static_cast<std::size_t>(kLastFailureCause) + 1;
constexpr std::array<std::string_view, kCauses> kNames{
    "command_not_started", "command_exit",        "command_killed",      "command_timeout",
    "command_lost",        "http_unreachable",    "http_untrusted",      "http_status",
    "http_broken",         "http_timeout",        "signal_pid_file",     "signal_no_process",
    "signal_denied",       "api_unreachable",     "api_denied",          "api_invalid",
    "api_throttled",       "api_conflict",        "api_server_error",    "api_broken",
    "lease_ending",        "not_configured",      "own_resources",       "interrupted",
    "http_redirect",       "http_not_tls",        "http_tls_expected",   "http_not_http",
    "http_too_long",       "http_no_answer",      "signal_file_missing", "signal_file_empty",
    "signal_file_garbled", "signal_file_foreign", "signal_file_stale",   "signal_forbidden"};
static_assert(kNames.back() == "signal_forbidden");

}  // namespace

std::string_view name_of(FailureCause cause) {
  return kNames.at(static_cast<std::size_t>(cause));
}

std::optional<FailureCause> failure_cause(int number) {
  if (number < 0 || number > static_cast<int>(kLastFailureCause)) return std::nullopt;
  return static_cast<FailureCause>(number);
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN ||
         error == ENOBUFS || error == ENOSPC;
}

}  // namespace ebbgate
