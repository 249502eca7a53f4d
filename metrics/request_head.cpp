#include "metrics/request_head.h"

#include <algorithm>
#include <charconv>

namespace ebbgate::metrics {

namespace {

constexpr Refusal kNoSize{411, "Length Required", "send the body with a Content-Length"};
constexpr Refusal kTooLarge{413, "Payload Too Large", "the body is too large"};
constexpr Refusal kNoNumber{400, "Bad Request", "Content-Length is not a number"};
constexpr Refusal kTwoSizes{400, "Bad Request", "there are two Content-Lengths"};
constexpr Refusal kTwoHosts{400, "Bad Request", "there are two Hosts"};
constexpr Refusal kNoHost{400, "Bad Request", "the header Host is missing"};
constexpr Refusal kForeignHost{
    403, "Forbidden",
    "the name in the header Host is not known here: use an IP address or "
    "localhost, or add the name to listen_hosts in the configuration"};
constexpr Refusal kNoHeader{400, "Bad Request",
                            "a line of the head is not a header, which is written NAME: VALUE"};
constexpr Refusal kSpaceBeforeColon{400, "Bad Request",
                                    "white space stands between a header's name and its colon"};
constexpr Refusal kFolded{400, "Bad Request", "a header goes on in a second line"};
constexpr Refusal kNoValue{400, "Bad Request", "a header's value has a NUL or a lone CR in it"};
constexpr Refusal kWebPage{403, "Forbidden", "a web page may look here, but not act"};

bool is_same(char lower, char c) {
  return c == lower || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == lower);
}

bool is_name(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != kMarks.npos;
  });
}

// What RFC 9112 wants refused (2.2, 5.1, 5.2), because others may read such a line in another way.
std::optional<Refusal> why_no_header(std::string_view line) {
  using namespace std::string_view_literals;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return std::nullopt;  // the end of the head
  if (line.starts_with(' ') || line.starts_with('\t')) return kFolded;
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return kNoHeader;
  const std::string_view name = line.substr(0, colon);
  if (name.ends_with(' ') || name.ends_with('\t')) return kSpaceBeforeColon;
  if (!is_name(name)) return kNoHeader;
  if (line.find_first_of("\r\0"sv) != line.npos) return kNoValue;
  return std::nullopt;
}

std::string_view value_of(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  line.remove_prefix(line.find(':') + 1);
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  return line.substr(0, line.find_last_not_of(kSpace) + 1);
}

std::optional<Refusal> read_size(std::string_view text, std::size_t most, std::size_t& size) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return kNoNumber;
  if (error == std::errc::result_out_of_range || size > most) return kTooLarge;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> end_of_head(std::string_view text, std::size_t scanned) {
  const std::size_t from = scanned < 3 ? 0 : scanned - 3;
  // Bare newlines are no HTTP, and are answered so at once.
  const std::size_t proper = text.find("\r\n\r\n", from);
  const std::size_t bare = text.find("\n\n", from);
  if (proper == text.npos && bare == text.npos) return std::nullopt;
  return proper < bare ? proper + 4 : bare + 2;
}

bool is_header(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(), is_same);
}

RequestHead read_head(std::string_view head, std::size_t most_body_bytes, const HostNames* names) {
  RequestHead result;
  const std::string_view request_line = head.substr(0, head.find_first_of("\r\n"));
  const bool looks = head.starts_with("GET ") || head.starts_with("HEAD ");
  std::optional<std::string_view> size;
  std::optional<std::string_view> host;
  const auto refuse = [&](const Refusal& refusal) {
    if (!result.refusal) result.refusal = refusal;
  };
  head.remove_prefix(std::min(head.find('\n'), head.size()));
  while (!head.empty()) {
    head.remove_prefix(1);
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(line.size());
    if (const auto no_header = why_no_header(line)) {
      refuse(*no_header);
    } else if (!looks && is_header(line, "origin")) {
      refuse(kWebPage);
    } else if (is_header(line, "host")) {
      if (host) refuse(kTwoHosts);
      host = value_of(line);
      if (names != nullptr && !host->empty() && !names->include(*host)) refuse(kForeignHost);
    } else if (is_header(line, "transfer-encoding")) {
      refuse(kNoSize);
    } else if (is_header(line, "content-length")) {
      // Some clients send the same one twice.
      if (size && *size != value_of(line)) refuse(kTwoSizes);
      size = value_of(line);
      if (const auto wrong = read_size(*size, most_body_bytes, result.body_size)) refuse(*wrong);
    } else if (is_header(line, "expect")) {
      const std::string_view value = value_of(line);
      constexpr std::string_view kContinue = "100-continue";
      result.expects_continue =
          std::equal(kContinue.begin(), kContinue.end(), value.begin(), value.end(), is_same);
    }
  }
  if ((!host || host->empty()) && request_line.ends_with(" HTTP/1.1")) refuse(kNoHost);
  return result;
}

}  // namespace ebbgate::metrics
