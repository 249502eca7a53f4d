#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace ebbgate::kubernetes {

/// Takes lines out of pieces of a stream, one after the other in one buffer. A long line does not
/// keep its memory, and one longer than `kMost` ends the stream.
class LineBuffer final {
 public:
  static constexpr std::size_t kKept = std::size_t{64} * 1024;
  /// Far above an object that etcd takes (1.5 MiB), also where each of its characters is escaped.
  static constexpr std::size_t kMost = std::size_t{32} * 1024 * 1024;

  /// Calls `line(std::string&)` for each whole line but empty ones, without its end; it may change
  /// the text. False ends it, and is returned; so is false for a line that is too long.
  template <class Line>
  bool add(std::string_view piece, const Line& line) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      too_long_ = buffer_.size() + std::min(end, piece.size()) > kMost;
      if (too_long_) return false;
      buffer_ += piece.substr(0, end);
      if (end == std::string_view::npos) return true;
      piece.remove_prefix(end + 1);
      const bool go_on = buffer_.empty() || line(buffer_);
      clear();
      if (!go_on) return false;
    }
    return true;
  }

  void clear() {
    buffer_.clear();
    if (buffer_.capacity() > kKept) buffer_.shrink_to_fit();
  }
  /// Why the last add() returned false.
  bool too_long() const { return too_long_; }
  std::size_t capacity() const { return buffer_.capacity(); }

 private:
  std::string buffer_;
  bool too_long_ = false;
};

}  // namespace ebbgate::kubernetes
