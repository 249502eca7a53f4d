#include "controller/feedback/line_reader.h"

#include <cstring>

namespace ebbgate::feedback {

std::span<char> LineReader::room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    searched_ -= begin_;
    begin_ = 0;
  }
  return std::span(buffer_).subspan(end_);
}

std::optional<std::string_view> LineReader::next() {
  const char* const from = buffer_.data() + searched_;
  const void* const newline =
      end_ == searched_ ? nullptr : std::memchr(from, '\n', end_ - searched_);
  if (newline == nullptr) {
    searched_ = end_;
    return std::nullopt;
  }
  const auto length =
      static_cast<std::size_t>(static_cast<const char*>(newline) - (buffer_.data() + begin_));
  const std::string_view line(buffer_.data() + begin_, length);
  begin_ += length + 1;
  searched_ = begin_;
  return line;
}

}  // namespace ebbgate::feedback
