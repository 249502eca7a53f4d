#include "controller/commands/resolve.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "controller/configuration/nearest.h"

namespace ebbgate::commands {

namespace {

constexpr std::size_t kListed = 10;

bool equals_but_for_case(const std::string& left, const std::string& right) {
  return std::ranges::equal(left, right, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

// As shells complete and kubectl prints it, a kind may be written in small letters.
bool is_called(const WorkloadKey& key, const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return key.name == text;
  const std::string first = text.substr(0, slash);
  if (key.name != text.substr(slash + 1)) return false;
  return key.namespace_name == first || equals_but_for_case(key.kind, first);
}

std::string listed(const std::vector<std::string>& keys) {
  std::vector<std::string> first(
      keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), kListed)));
  if (keys.size() > kListed) {
    first.push_back(std::to_string(keys.size() - kListed) + " more");
    return configuration::all_of(first);
  }
  return configuration::any_of(first);
}

Answer failure(std::string error) {
  return {0, "", std::move(error), kFailed};
}

}  // namespace

Answer resolve(ApiClient& client, const WrittenWorkload& written, WorkloadKey& key) {
  if (auto whole = WorkloadKey::parse(written.text)) {
    if (!written.namespace_name.empty() && whole->namespace_name != written.namespace_name) {
      return failure(written.text + " is not of the namespace " + written.namespace_name +
                     ": leave --namespace out, or write " + written.namespace_name + "/" +
                     whole->kind + "/" + whole->name);
    }
    key = std::move(*whole);
    return {};
  }
  nlohmann::json items;
  Answer answer = client.all_workloads(items, {written.namespace_name, ""});
  if (!answer.error.empty()) return answer;
  std::vector<WorkloadKey> found;
  std::vector<std::string> names;
  for (const nlohmann::json& item : items) {
    try {
      WorkloadKey each{item.at("namespace"), item.at("kind"), item.at("name")};
      if (is_called(each, written.text)) found.push_back(each);
      names.push_back(std::move(each.name));
    } catch (const nlohmann::json::exception&) {
      return not_understood();
    }
  }
  const std::string place =
      written.namespace_name.empty() ? "" : " in the namespace " + written.namespace_name;
  if (found.empty()) {
    const std::size_t slash = written.text.find('/');
    const std::string near = configuration::nearest(
        slash == std::string::npos ? written.text : written.text.substr(slash + 1), names);
    return failure(
        "no workload is called " + written.text + place +
        (near.empty() ? "; `ebbgate status` lists all workloads" : "; did you mean " + near + "?"));
  }
  if (found.size() > 1) {
    std::vector<std::string> keys;
    for (const WorkloadKey& each : found) keys.push_back(each.text());
    return failure(std::to_string(found.size()) + " workloads are called " + written.text + place +
                   "; write the one that is meant: " + listed(keys));
  }
  key = std::move(found.front());
  return {};
}

}  // namespace ebbgate::commands
