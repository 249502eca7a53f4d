#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ebbgate::kubernetes {

/// Takes lines out of pieces of a stream, one after the other in one buffer. A long line does not
/// keep its memory.
class LineBuffer final {
 public:
  static constexpr std::size_t kKept = std::size_t{64} * 1024;

  /// Calls `line(std::string&)` for each whole line but empty ones, without its end; it may change
  /// the text. False ends it, and is returned.
  template <class Line>
  bool add(std::string_view piece, const Line& line) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
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
  std::size_t capacity() const { return buffer_.capacity(); }

 private:
  std::string buffer_;
};

}  // namespace ebbgate::kubernetes
