#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "net/byte_stream.h"

namespace ebbgate::net {

/// Reads the answer to one request, as a parser of HTTP should see it: without interim answers
/// (1xx, but for 101), and without the status line's reason, which may be of any length. What is
/// read before some of a body can be handed on (interim answers, the head, lines between chunks) is
/// bounded, so that a parser needs little memory whatever the other side sends. One thread.
class AnswerReader final {
 public:
  static constexpr std::size_t kMostBetween = std::size_t{64} * 1024;

  explicit AnswerReader(ByteStream& bytes) : bytes_(bytes) {}

  /// As ByteStream::read(); also -1 where the bound is passed.
  ssize_t read(char* into, std::size_t size);
  /// A piece of the body was handed on.
  void handed_on() { between_ = 0; }
  bool passed_bound() const { return between_ > kMostBetween; }

  /// What the answer began as.
  enum class Beginning { nothing, http, tls, other };
  Beginning beginning() const;

 private:
  ssize_t read_counted(char* into, std::size_t size);
  /// Fills status_line_; as ByteStream::read().
  ssize_t read_status_line();
  ssize_t skip_head();

  ByteStream& bytes_;
  std::size_t between_ = 0;
  bool begun_ = false;
  std::string status_line_;  // what of it has not been read yet
  std::string first_bytes_;  // of all that came
};

}  // namespace ebbgate::net
