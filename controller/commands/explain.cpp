#include "controller/commands/explain.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/percent_encoding.h"
#include "controller/commands/api_client.h"
#include "controller/commands/text_table.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

constexpr std::size_t kFingerprintLength = 12;
constexpr std::size_t kIndent = 2;
// Reasons and names are worth more than a narrow table.
constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::string number(const json& object, const char* name) {
  return std::to_string(object.at(name).get<std::int64_t>());
}

std::string fingerprint(const json& object, const char* name) {
  const std::string digits = text(object, name);
  return digits.empty() ? "unknown" : digits.substr(0, kFingerprintLength);
}

std::string when(const std::string& time, WallTime now) {
  return time.empty() ? "" : time + " (" + from_now(time, now) + ")";
}

void write_gates(const json& workload, WallTime now, std::ostream& out) {
  const json& gates = workload.at("gates");
  const std::string since = text(workload, "pending_since");
  if (gates.empty()) {
    out << (since.empty() ? "Nothing waits.\n" : "No gate is closed.\n");
  } else {
    out << "What holds it:\n";
    TextTable table({"GATE", "UNTIL", "", "WHY"});
    for (const json& gate : gates) {
      const std::string until = text(gate, "until");
      table.add({text(gate, "gate"), until.empty() ? "not known" : until,
                 until.empty() ? "" : from_now(until, now), text(gate, "reason")});
    }
    table.write(out, kAnyWidth, 3, kIndent);
  }
  const std::string next = text(workload, "next_update");
  if (!since.empty()) {
    out << "  next update    " << (next.empty() ? "not known" : when(next, now)) << "\n"
        << "  pending since  " << when(since, now) << "\n";
  }
}

void write_state(const json& workload, WallTime now, std::ostream& out) {
  const std::string last = text(workload, "last_update");
  out << "\napplied " << fingerprint(workload, "applied") << ", desired "
      << fingerprint(workload, "desired") << "\nlast update "
      << (last.empty() ? "none yet" : when(last, now) + ", " + text(workload, "last_outcome"))
      << "\nchanges " << number(workload, "changes") << ", updates " << number(workload, "updates")
      << ", suppressed " << number(workload, "suppressed") << ", coalesced "
      << number(workload, "coalesced") << " (since ebbgate started)\n";
}

void write_references(const json& workload, std::ostream& out) {
  out << "\nReferences:\n";
  TextTable table({"STATE", "DIGEST", "NAME"});
  for (const json& reference : workload.at("references")) {
    table.add(
        {text(reference, "state"), fingerprint(reference, "digest"), text(reference, "name")});
  }
  table.write(out, kAnyWidth, 2, kIndent);
}

void write_history(const json& history, WallTime now, std::ostream& out) {
  if (history.empty()) {
    out << "\nNo history yet.\n";
    return;
  }
  out << "\nHistory, the newest first:\n";
  TextTable table({"AT", "", "EVENT", "LEVEL", "DETAIL"});
  for (const json& entry : history) {
    const std::string at = text(entry, "at");
    table.add({at, from_now(at, now), text(entry, "event"), number(entry, "level"),
               text(entry, "detail")});
  }
  table.write(out, kAnyWidth, 4, kIndent);
}

int fail(const Answer& answer, std::ostream& err, const std::string& more = "") {
  err << "ebbgate explain: " << printable(answer.error + more) << "\n";
  return answer.exit_code;
}

}  // namespace

int explain(const ExplainOptions& options, const Clock& clock, std::ostream& out,
            std::ostream& err) {
  ApiClient client = ApiClient::at_url(options.url);
  const Answer of_workload = client.get(path_of(options.workload));
  if (!of_workload.error.empty()) {
    return fail(of_workload, err,
                of_workload.status == 404 ? client.nearest_to(options.workload) : "");
  }
  const Answer of_history =
      client.get("/api/v1/history?workload=" + percent_encode(options.workload.text()) +
                 "&limit=" + std::to_string(options.history));
  if (!of_history.error.empty()) return fail(of_history, err);
  try {
    const json workload = json::parse(of_workload.body);
    const json history = json::parse(of_history.body).at("items");
    if (options.json) {
      out << json{{"workload", workload}, {"history", history}}.dump() << "\n";
      return kFine;
    }
    const WallTime now = clock.now().wall;
    out << printable(options.workload.text()) << " is " << text(workload, "state") << ", level "
        << number(workload, "level") << "\n\n";
    write_gates(workload, now, out);
    write_state(workload, now, out);
    write_references(workload, out);
    write_history(history, now, out);
    return kFine;
  } catch (const json::exception&) {
    err << "ebbgate explain: the answer does not look like this version's: is the running ebbgate "
           "another one?\n";
    return kFailed;
  }
}

}  // namespace ebbgate::commands
