#include "net/answer_reader.h"

#include <algorithm>
#include <cstring>

namespace ebbgate::net {
namespace {

constexpr std::size_t kStatusEnd = sizeof "HTTP/1.1 200" - 1;
constexpr std::size_t kStatusBegin = sizeof "HTTP/1.1 " - 1;

bool is_interim(const std::string& status_line) {
  return status_line.starts_with("HTTP/1.") && status_line.size() > kStatusEnd &&
         status_line[kStatusBegin] == '1' && status_line.substr(kStatusBegin, 3) != "101";
}

}  // namespace

ssize_t AnswerReader::read(char* into, std::size_t size) {
  while (!begun_) {
    ssize_t count = read_status_line();
    if (count <= 0) return count;
    if (!is_interim(status_line_)) {
      begun_ = true;
      break;
    }
    count = skip_head();
    if (count <= 0) return count;
  }
  if (status_line_.empty()) return read_counted(into, size);
  const std::size_t taken = std::min(size, status_line_.size());
  std::memcpy(into, status_line_.data(), taken);
  status_line_.erase(0, taken);
  return static_cast<ssize_t>(taken);
}

ssize_t AnswerReader::read_counted(char* into, std::size_t size) {
  if (passed_bound()) return -1;
  const ssize_t count = bytes_.read(into, size);
  if (count > 0) between_ += static_cast<std::size_t>(count);
  return count;
}

ssize_t AnswerReader::read_status_line() {
  status_line_.clear();
  for (char c = 0; c != '\n';) {
    const ssize_t count = read_counted(&c, 1);
    if (count <= 0) return count;
    // The reason says nothing that the number does not.
    if (status_line_.size() < kStatusEnd || c == '\n') status_line_ += c == '\n' ? '\r' : c;
  }
  status_line_ += '\n';
  return 1;
}

ssize_t AnswerReader::skip_head() {
  std::size_t length = 0;  // of the line that is being read
  while (true) {
    char c = 0;
    const ssize_t count = read_counted(&c, 1);
    if (count <= 0) return count;
    if (c == '\n' && length == 0) return 1;
    if (c == '\n') length = 0;
    if (c != '\n' && c != '\r') ++length;
  }
}

}  // namespace ebbgate::net
