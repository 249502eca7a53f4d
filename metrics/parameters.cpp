#include "metrics/parameters.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ebbgate::metrics {

std::string Parameters::text(const std::string& name) {
  const auto found = left_.find(name);
  if (found == left_.end()) return "";
  std::string value = std::move(found->second);
  left_.erase(found);
  return value;
}

std::optional<WorkloadKey> Parameters::workload(const std::string& name) {
  const std::string value = text(name);
  if (value.empty()) return std::nullopt;
  auto key = WorkloadKey::parse(value);
  if (!key) fail(name + " must be NAMESPACE/KIND/NAME, such as default/Local/web");
  return key;
}

std::size_t Parameters::limit(std::size_t standard, std::size_t most) {
  const std::string value = text("limit");
  if (value.empty()) return standard;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
  if (error != std::errc() || end != value.data() + value.size() || limit < 1 || limit > most) {
    fail("limit must be a whole number from 1 to " + std::to_string(most));
    return standard;
  }
  return limit;
}

std::vector<std::string> Parameters::words(const std::string& name) {
  std::vector<std::string> words;
  const std::string value = text(name);
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

bool Parameters::flag(const std::string& name) {
  const std::string value = text(name);
  if (!value.empty() && value != "true" && value != "false") {
    fail(name + " must be true or false");
  }
  return value == "true";
}

void Parameters::fail(std::string message) {
  if (error_.empty()) error_ = std::move(message);
}

std::string Parameters::error() {
  if (!left_.empty()) fail("there is no parameter " + left_.begin()->first);
  return error_;
}

}  // namespace ebbgate::metrics
