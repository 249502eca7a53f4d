#include "controller/commands/seen.h"

#include <nlohmann/json.hpp>

#include "base/unicode.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

// Empty for null, too.
std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::int64_t number(const json& object, const char* name) {
  return object.at(name).get<std::int64_t>();
}

std::vector<std::string> texts(const json& object, const char* name) {
  std::vector<std::string> result;
  for (const json& item : object.value(name, json::array())) {
    result.push_back(printable(item.get<std::string>()));
  }
  return result;
}

}  // namespace

SeenWorkload workload_from(const json& json) {
  SeenWorkload workload;
  workload.namespace_name = text(json, "namespace");
  workload.kind = text(json, "kind");
  workload.name = text(json, "name");
  workload.state = text(json, "state");
  workload.level = number(json, "level");
  for (const auto& gate : json.at("gates")) {
    workload.gates.push_back({text(gate, "gate"), text(gate, "until"), text(gate, "reason")});
  }
  workload.next_update = text(json, "next_update");
  workload.pending_since = text(json, "pending_since");
  workload.applied = text(json, "applied");
  workload.desired = text(json, "desired");
  workload.last_update = text(json, "last_update");
  workload.last_outcome = text(json, "last_outcome");
  workload.changes = number(json, "changes");
  workload.updates = number(json, "updates");
  workload.suppressed = number(json, "suppressed");
  workload.coalesced = number(json, "coalesced");
  workload.absent = json.value("absent", std::int64_t{0});
  workload.last_error = text(json, "last_error");
  workload.failing_since = text(json, "failing_since");
  workload.failures = json.value("failures", std::int64_t{0});
  workload.waits_for = text(json, "waits_for");
  workload.to_do = text(json, "to_do");
  for (const auto& piece : json.value("advice", json::array())) {
    workload.advice.push_back(
        {text(piece, "text"), text(piece, "command"), piece.value("takes_url", false)});
  }
  if (json.contains("references")) {
    for (const auto& reference : json.at("references")) {
      workload.references.push_back(
          {text(reference, "name"), text(reference, "digest"), text(reference, "state")});
    }
  }
  return workload;
}

SeenEvent event_from(const json& json) {
  return {text(json, "at"), text(json, "event"), number(json, "level"), text(json, "detail")};
}

SeenPeer peer_from(const json& json) {
  SeenPeer peer;
  peer.name = text(json, "peer");
  peer.up = json.at("up").get<bool>();
  peer.next_attempt = text(json, "next_attempt");
  peer.problem = text(json, "problem");
  peer.level = number(json, "level");
  peer.queued = number(json, "queued");
  peer.delivered = number(json, "delivered");
  peer.rejected = number(json, "rejected");
  peer.dropped = number(json, "dropped");
  return peer;
}

SeenProcess process_from(const json& json) {
  if (json.is_null()) return {};
  const auto budget = json.value("budget", nlohmann::json());
  const auto rate = budget.is_object() ? budget.value("rate", nlohmann::json()) : nlohmann::json();
  return {text(json, "role"), text(json, "leader"), texts(json, "problems"),
          texts(json, "not_ready"), rate.is_number() && rate.get<double>() == 0};
}

}  // namespace ebbgate::commands
