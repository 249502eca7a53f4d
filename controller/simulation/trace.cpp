#include "controller/simulation/trace.h"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::simulation {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostProblems = 20;
constexpr int kMostFailures = 1'000'000;
constexpr std::string_view kKinds = "exactly one of fingerprint, ready, fails, restart, crash";

class Parser {
 public:
  ParsedTrace parse(std::istream& input) {
    std::string line;
    while (result_.problems.size() < kMostProblems && std::getline(input, line)) {
      ++line_;
      if (line.find_first_not_of(" \t\r") != std::string::npos) parse_line(line);
    }
    if (input.bad()) problem("cannot be read; is the trace a file?");
    return std::move(result_);
  }

 private:
  void problem(const std::string& text) {
    result_.problems.push_back("line " + std::to_string(line_) + ": " + text);
  }

  void parse_line(const std::string& line) {
    Json json;
    try {
      json = Json::parse(line);
    } catch (const Json::parse_error& error) {
      problem("no valid JSON at column " + std::to_string(error.byte) +
              "; each line must be one JSON object, such as "
              R"({"at":"1.5s","workload":"default/Deployment/web","fingerprint":"a"})");
      return;
    }
    if (!json.is_object()) {
      problem("must be a JSON object, as in {\"at\":\"4s\",\"restart\":true}");
      return;
    }
    if (!known_keys(json) || !read_time(json) || !read_kind(json)) return;
    if (event_.kind != EventKind::restart && event_.kind != EventKind::crash) {
      if (!read_workload(json)) return;
    } else if (json.contains("workload")) {
      problem("a restart or crash is of Ebbgate, not of a workload; leave out \"workload\"");
      return;
    }
    result_.trace.events.push_back(std::move(event_));
  }

  bool known_keys(const Json& json) {
    for (const auto& [key, value] : json.items()) {
      if (key == "at" || key == "workload" || kind_of(key)) continue;
      problem("unknown key " + Json(key).dump() + "; besides at and workload there must be " +
              std::string(kKinds));
      return false;
    }
    return true;
  }

  bool read_time(const Json& json) {
    const auto at = json.find("at");
    const auto time =
        at != json.end() && at->is_string() ? parse_duration(at->get<std::string>()) : std::nullopt;
    if (!time) {
      problem("at must be the time since the beginning as a duration, such as \"1.5s\"");
      return false;
    }
    if (*time > std::chrono::hours(24 * 3650)) {
      problem("at " + format_duration(*time) + " is too far; a trace spans at most 10 years");
      return false;
    }
    if (*time < last_) {
      problem("at " + format_duration(*time) + " is before the line above (" +
              format_duration(last_) + "); lines must be in order of time");
      return false;
    }
    last_ = *time;
    event_ = {};
    event_.at = *time;
    return true;
  }

  static std::optional<EventKind> kind_of(std::string_view key) {
    if (key == "fingerprint") return EventKind::fingerprint;
    if (key == "ready") return EventKind::ready;
    if (key == "fails") return EventKind::fails;
    if (key == "restart") return EventKind::restart;
    if (key == "crash") return EventKind::crash;
    return std::nullopt;
  }

  bool read_kind(const Json& json) {
    int kinds = 0;
    bool valid = true;
    for (const auto& [key, value] : json.items()) {
      const auto kind = kind_of(key);
      if (!kind) continue;
      ++kinds;
      event_.kind = *kind;
      valid = valid && read_value(key, value);
    }
    if (kinds != 1) problem("must have " + std::string(kKinds));
    return valid && kinds == 1;
  }

  bool read_value(const std::string& key, const Json& value) {
    switch (event_.kind) {
      case EventKind::fingerprint:
        if (value.is_string()) {
          event_.fingerprint = value.get<std::string>();
          return true;
        }
        problem("fingerprint must be a text, such as \"a\"");
        return false;
      case EventKind::ready:
        if (value.is_boolean()) {
          event_.ready = value.get<bool>();
          return true;
        }
        problem("ready must be true or false");
        return false;
      case EventKind::fails:
        if (value.is_number_unsigned() && value.get<std::uint64_t>() <= kMostFailures) {
          event_.count = value.get<int>();
          return true;
        }
        problem("fails must be a whole number from 0 to " + std::to_string(kMostFailures));
        return false;
      case EventKind::restart:
      case EventKind::crash:
        if (value.is_boolean() && value.get<bool>()) return true;
        problem(key + " must be true");
        return false;
    }
    return false;
  }

  bool read_workload(const Json& json) {
    const auto found = json.find("workload");
    const std::string text =
        found != json.end() && found->is_string() ? found->get<std::string>() : "";
    const auto key = WorkloadKey::parse(text);
    if (!key) {
      problem("workload must be written NAMESPACE/KIND/NAME, such as \"default/Deployment/web\"");
      return false;
    }
    const auto [known, added] =
        index_of_.try_emplace(*key, static_cast<std::uint32_t>(result_.trace.workloads.size()));
    if (added && event_.kind != EventKind::fingerprint) {
      index_of_.erase(known);
      problem("nothing is known of " + text +
              " yet; its first line must tell the \"fingerprint\" that it runs with");
      return false;
    }
    if (added) result_.trace.workloads.push_back({*key, false});
    event_.workload = known->second;
    if (event_.kind == EventKind::ready) result_.trace.workloads[event_.workload].judged = true;
    return true;
  }

  ParsedTrace result_;
  std::size_t line_ = 0;
  Duration last_{};
  Event event_;  // of the line being read
  std::unordered_map<WorkloadKey, std::uint32_t> index_of_;
};

}  // namespace

ParsedTrace parse_trace(std::istream& input) {
  return Parser().parse(input);
}

}  // namespace ebbgate::simulation
