#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ebbgate::feedback {

/// Makes lines of bytes that come in pieces, in a buffer that never grows. Not thread-safe.
class LineReader final {
 public:
  /// A line has at most `longest` bytes, its newline not counted.
  explicit LineReader(std::size_t longest) : buffer_(longest + 1) {}

  /// Where the next bytes go, never empty unless overlong(); voids the lines that were given.
  std::span<char> room();
  void filled(std::size_t bytes) { end_ += bytes; }

  /// The next whole line, without its newline. Nothing: more bytes are needed.
  std::optional<std::string_view> next();

  /// Whether what is there cannot become a line any more; asked when next() gave nothing.
  bool overlong() const { return end_ - begin_ == buffer_.size(); }
  bool empty() const { return begin_ == end_; }
  void clear() { begin_ = end_ = searched_ = 0; }

 private:
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  // up to there is no newline
};

}  // namespace ebbgate::feedback
