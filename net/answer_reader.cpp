#include "net/answer_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ebbgate::net {
namespace {

constexpr std::size_t kStatusEnd = sizeof "HTTP/1.1 200" - 1;
constexpr std::string_view kProtocol = "HTTP/1.";
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
  if (count <= 0) return count;
  between_ += static_cast<std::size_t>(count);
  const std::size_t room = kProtocol.size() - std::min(kProtocol.size(), first_bytes_.size());
  first_bytes_.append(into, std::min(room, static_cast<std::size_t>(count)));
  return count;
}

AnswerReader::Beginning AnswerReader::beginning() const {
  if (first_bytes_.empty()) return Beginning::nothing;
  if (kProtocol.starts_with(first_bytes_)) return Beginning::http;
  // A record of TLS: an alert or a part of a handshake, then the major version.
  const bool tls = (first_bytes_[0] == '\x15' || first_bytes_[0] == '\x16') &&
                   (first_bytes_.size() == 1 || first_bytes_[1] == '\x03');
  return tls ? Beginning::tls : Beginning::other;
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
