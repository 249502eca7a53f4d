#include "controller/simulation/report.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::simulation {

namespace {

// Nobody reads nanoseconds; the JSON has them.
std::string in_milliseconds(Duration duration) {
  return format_duration(std::chrono::round<std::chrono::milliseconds>(duration));
}

// Two spaces follow even where the text is wider than its column.
std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 2), ' ');
  return text;
}

}  // namespace

Report::Report(std::ostream& out, bool json, std::size_t workload_width)
    : out_(out), json_(json), workload_width_(std::max<std::size_t>(workload_width, 8)) {
  if (json_) return;
  out_ << padded("AT", 14) << padded("WORKLOAD", workload_width_ + 2) << padded("ACTION", 10)
       << padded("LEVEL", 7) << "DETAIL\n";
}

void Report::add(const Line& line) {
  json_ ? add_json(line) : add_row(line);
}

void Report::add_json(const Line& line) {
  nlohmann::ordered_json json;
  json["at"] = format_duration(line.at);
  json["workload"] = line.workload->text();
  json["action"] = line.action;
  if (!line.fingerprint.empty()) json["fingerprint"] = line.fingerprint;
  json["level"] = line.level;
  if (line.gate) json["gate"] = governor::name_of(*line.gate);
  if (line.until) json["until"] = format_duration(*line.until);
  if (line.failures > 0) {
    json["state"] = "failing";
    json["outcome"] = "refused";
    json["failures"] = line.failures;
  }
  out_ << json.dump() << '\n';
}

void Report::add_row(const Line& line) {
  std::string detail(line.fingerprint);
  if (line.gate) detail += governor::name_of(*line.gate);
  if (line.failures > 0) {
    detail += "failing, refused " + std::to_string(line.failures) +
              (line.failures == 1 ? " time" : " times in a row");
  }
  if (line.until) detail += (detail.empty() ? "until " : " until ") + in_milliseconds(*line.until);
  const std::string level = std::to_string(line.level);
  out_ << padded(in_milliseconds(line.at), 14) << padded(line.workload->text(), workload_width_ + 2)
       << padded(std::string(line.action), 10) << (detail.empty() ? level : padded(level, 7))
       << detail << '\n';
}

void Report::finish(const Summary& summary) {
  if (json_) return;
  out_ << "\nchanges        " << summary.changes << "\nupdates        " << summary.updates
       << "\ncoalesced      " << summary.coalesced << "\nstill waiting  " << summary.pending
       << "\nhighest level  " << summary.highest_level << "\nlongest wait   "
       << in_milliseconds(summary.longest_wait) << '\n';
}

}  // namespace ebbgate::simulation
