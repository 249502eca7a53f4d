#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "metrics/host_names.h"

namespace ebbgate::metrics {

/// A status and its words, for a request that is refused.
struct Refusal {
  int status = 0;
  const char* reason = "";
  const char* message = "";  ///< for people
};

/// What a request's head says of how to go on. Whether it is valid HTTP is not looked at here.
struct RequestHead {
  std::size_t body_size = 0;       ///< bytes that follow the head
  bool expects_continue = false;   ///< the client waits for a word before it sends them
  std::optional<Refusal> refusal;  ///< why no more of it is received
};

/// Where a head ends at the front of `text`: behind its empty line; nothing: it goes on. It does
/// not end before `scanned`.
std::optional<std::size_t> end_of_head(std::string_view text, std::size_t scanned);

/// Refused are bodies of more than `most_body_bytes` or of unknown size, and whatever a web page
/// sends but GET and HEAD: pages of other servers may not act in the name of who looks at them. So
/// is a Host that is none of `names` (null: any will do), and HTTP/1.1 without one.
RequestHead read_head(std::string_view head, std::size_t most_body_bytes, const HostNames* names);

/// Whether `line` is the header `name`, which is in lower case.
bool is_header(std::string_view line, std::string_view name);

}  // namespace ebbgate::metrics
