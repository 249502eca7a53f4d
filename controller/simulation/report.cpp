#include "controller/simulation/report.h"

#include <algorithm>
#include <iomanip>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::simulation {

Report::Report(std::ostream& out, bool json, std::size_t workload_width)
    : out_(out),
      json_(json),
      workload_width_(static_cast<int>(std::max<std::size_t>(workload_width, 8))) {
  if (json_) return;
  out_ << std::left << std::setw(14) << "AT" << std::setw(workload_width_ + 2) << "WORKLOAD"
       << std::setw(10) << "ACTION" << std::setw(7) << "LEVEL"
       << "DETAIL\n";
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
  if (line.until) detail += (detail.empty() ? "until " : " until ") + format_duration(*line.until);
  out_ << std::left << std::setw(14) << format_duration(line.at) << std::setw(workload_width_ + 2)
       << line.workload->text() << std::setw(10) << line.action << std::setw(detail.empty() ? 0 : 7)
       << line.level << detail << '\n';
}

void Report::finish(const Summary& summary) {
  if (json_) return;
  out_ << "\nchanges        " << summary.changes << "\nupdates        " << summary.updates
       << "\ncoalesced      " << summary.coalesced << "\nstill waiting  " << summary.pending
       << "\nhighest level  " << summary.highest_level << "\nlongest wait   "
       << format_duration(summary.longest_wait) << '\n';
}

}  // namespace ebbgate::simulation
