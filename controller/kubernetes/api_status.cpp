#include "controller/kubernetes/api_status.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/kubernetes/json_text.h"

namespace ebbgate::kubernetes {

using nlohmann::json;

std::optional<ApiStatus> parse_api_status(const std::string& body) {
  const json status = json::parse(body, nullptr, false);
  if (!status.is_object() || text_of(status, "kind") != "Status") return std::nullopt;
  if (text_of(status, "apiVersion") != "v1") return std::nullopt;
  ApiStatus result{text_of(status, "message"), text_of(status, "reason"), std::nullopt};
  const auto details = status.find("details");
  if (details != status.end() && details->is_object()) {
    const auto seconds = details->find("retryAfterSeconds");
    if (seconds != details->end() && seconds->is_number_integer() &&
        seconds->get<std::int64_t>() > 0) {
      result.retry_after =
          std::chrono::seconds(std::min<std::int64_t>(seconds->get<std::int64_t>(), 3600));
    }
  }
  return result;
}

std::string one_line(const std::string& text) {
  constexpr std::size_t kLongest = 400;
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < 0x20 || byte == 0x7F;
    if (control && line.ends_with(' ')) continue;
    line += control ? ' ' : c;
    // A character of several bytes is not cut in the middle.
    if (line.size() >= kLongest && byte < 0x80) return line + "…";
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace ebbgate::kubernetes
