#include "controller/commands/status.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "controller/commands/api_client.h"
#include "controller/commands/text_table.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

constexpr std::size_t kStateColumn = 2;
constexpr std::size_t kHeldByColumn = 3;
constexpr std::size_t kPeerStateColumn = 1;
constexpr std::size_t kProblemColumn = 8;
constexpr std::array<std::string_view, 6> kStates{"held",    "missing",   "updating",
                                                  "waiting", "unhealthy", "idle"};

// Empty for null, too.
std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<Colour> colour_of(const std::string& state, bool terminal) {
  if (!terminal || state == "idle") return std::nullopt;
  if (state == "missing" || state == "unhealthy") return Colour{kStateColumn, "31"};
  if (state == "updating") return Colour{kStateColumn, "36"};
  return Colour{kStateColumn, "33"};
}

std::vector<std::string> row_of(const json& workload, WallTime now) {
  std::string held_by;
  for (const json& gate : workload.at("gates")) {
    held_by += (held_by.empty() ? "" : ", ") + text(gate, "gate");
  }
  const std::string next = text(workload, "next_update");
  const std::string since = text(workload, "pending_since");
  std::string next_words = next.empty() ? (since.empty() ? "" : "not known") : from_now(next, now);
  if (next_words.ends_with("ago")) next_words = "now";
  return {printable(text(workload, "namespace") + "/" + text(workload, "kind") + "/" +
                    text(workload, "name")),
          std::to_string(workload.at("level").get<int>()),
          printable(text(workload, "state")),
          printable(held_by),
          next_words,
          since.empty() ? "" : from_now(since, now)};
}

std::vector<std::string> peer_row_of(const json& peer, WallTime now) {
  const std::string next = text(peer, "next_attempt");
  std::string next_words = next.empty() ? "" : from_now(next, now);
  if (next_words.ends_with("ago")) next_words = "now";
  const auto number = [&](const char* name) {
    return std::to_string(peer.at(name).get<std::uint64_t>());
  };
  return {printable(text(peer, "peer")),
          peer.at("up").get<bool>() ? "up" : "down",
          number("level"),
          next_words,
          number("queued"),
          number("delivered"),
          number("rejected"),
          number("dropped"),
          printable(text(peer, "problem"))};
}

std::string summary_of(const json& workloads) {
  if (workloads.empty()) return "no workloads";
  std::map<std::string, int> counts;
  for (const json& workload : workloads) ++counts[text(workload, "state")];
  std::string summary =
      std::to_string(workloads.size()) + (workloads.size() == 1 ? " workload" : " workloads");
  std::string separator = ": ";
  for (const std::string_view state : kStates) {
    const int count = counts[std::string(state)];
    if (count == 0) continue;
    summary += std::exchange(separator, ", ") + std::to_string(count) + " " + std::string(state);
  }
  return summary;
}

void show_tables(const StatusOptions& options, WallTime now, const json& workloads,
                 const json& peers, std::ostream& out) {
  TextTable table({"WORKLOAD", "LEVEL", "STATE", "HELD BY", "NEXT UPDATE", "PENDING SINCE"});
  for (const json& workload : workloads) {
    table.add(row_of(workload, now), colour_of(text(workload, "state"), options.terminal));
  }
  TextTable peer_table({"PEER", "STATE", "LEVEL", "NEXT ATTEMPT", "QUEUED", "DELIVERED", "REJECTED",
                        "DROPPED", "PROBLEM"});
  for (const json& peer : peers) {
    const bool red = options.terminal && !peer.at("up").get<bool>();
    peer_table.add(peer_row_of(peer, now),
                   red ? std::optional(Colour{kPeerStateColumn, "31"}) : std::nullopt);
  }
  if (options.watch && options.terminal) out << "\x1b[H\x1b[2J";
  table.write(out, options.width, kHeldByColumn);
  out << "\n" << summary_of(workloads) << "\n";
  if (!peers.empty()) {
    out << "\n";
    peer_table.write(out, options.width, kProblemColumn);
  }
  out << std::flush;
}

int show_once(const StatusOptions& options, const Clock& clock, ApiClient& client,
              std::ostream& out, std::ostream& err) {
  json workloads;
  json peers;
  Answer answer = client.all_workloads(workloads);
  if (answer.error.empty()) answer = client.all_peers(peers);
  if (!answer.error.empty()) {
    err << "ebbgate status: " << printable(answer.error) << "\n";
    return answer.exit_code;
  }
  if (options.json) {
    out << json{{"items", std::move(workloads)}, {"feedback", std::move(peers)}}.dump() << "\n"
        << std::flush;
    return kFine;
  }
  try {
    show_tables(options, clock.now().wall, workloads, peers, out);
  } catch (const json::exception&) {
    err << "ebbgate status: the answer does not look like this version's: is the running ebbgate "
           "another one?\n";
    return kFailed;
  }
  return kFine;
}

}  // namespace

int show_status(const StatusOptions& options, const Clock& clock, std::ostream& out,
                std::ostream& err) {
  ApiClient client = ApiClient::at_url(options.url);
  const int code = show_once(options, clock, client, out, err);
  if (code != kFine || !options.watch) return code;
  while (options.wait()) {
    if (!options.json && !options.terminal) out << "\n";
    show_once(options, clock, client, out, err);
  }
  return kFine;
}

}  // namespace ebbgate::commands
