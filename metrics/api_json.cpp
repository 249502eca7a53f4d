#include "metrics/api_json.h"

#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::metrics {

namespace {

// Keeps the order in which fields are written.
using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json digest_or_null(const std::optional<Digest>& digest) {
  return digest ? Json(digest->hex()) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json counts_of(const std::map<std::string_view, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [label, count] : counts) json[std::string(label)] = count;
  return json;
}

// Tokens to a tenth: the answer stays the same while the bucket is full.
Json budget_or_null(const std::optional<BudgetStatus>& budget) {
  if (!budget) return nullptr;
  return {{"tokens", budget->rate ? Json(std::floor(budget->tokens * 10) / 10) : Json(nullptr)},
          {"burst", budget->burst},
          {"rate", budget->rate ? Json(*budget->rate) : Json(nullptr)},
          {"unlimited", !budget->rate}};
}

Json json_of(const WorkloadStatus& workload) {
  Json gates = Json::array();
  for (const GateStatus& gate : workload.gates) {
    gates.push_back(
        {{"gate", gate.gate}, {"until", time_or_null(gate.until)}, {"reason", gate.reason}});
  }
  return {{"namespace", workload.key.namespace_name},
          {"kind", workload.key.kind},
          {"name", workload.key.name},
          {"state", workload.state},
          {"level", workload.level},
          {"gates", std::move(gates)},
          {"next_update", time_or_null(workload.next_update)},
          {"pending_since", time_or_null(workload.pending_since)},
          {"applied", digest_or_null(workload.applied)},
          {"desired", digest_or_null(workload.desired)},
          {"last_update", time_or_null(workload.last_update)},
          {"last_outcome", text_or_null(workload.last_outcome)},
          {"last_error", text_or_null(workload.last_error)},
          {"failure_cause", text_or_null(workload.failure_cause)},
          {"failing_since", time_or_null(workload.failing_since)},
          {"failures", workload.failures},
          {"changes", workload.changes},
          {"updates", workload.updates},
          {"suppressed", workload.suppressed},
          {"coalesced", workload.coalesced},
          {"absent", workload.absent}};
}

}  // namespace

std::string workloads_json(const std::vector<WorkloadStatus>& workloads,
                           const std::optional<WorkloadKey>& next) {
  Json items = Json::array();
  for (const WorkloadStatus& workload : workloads) items.push_back(json_of(workload));
  Json json{{"items", std::move(items)}};
  if (next) json["next"] = next->text();
  return text_of(json);
}

std::string news_json(const WorkloadNews& news) {
  Json items = Json::array();
  for (const WorkloadStatus& workload : news.items) items.push_back(json_of(workload));
  Json gone = Json::array();
  for (const WorkloadKey& key : news.gone) {
    gone.push_back({{"namespace", key.namespace_name}, {"kind", key.kind}, {"name", key.name}});
  }
  return text_of({{"items", std::move(items)},
                  {"gone", std::move(gone)},
                  {"since", news.since},
                  {"more", news.more}});
}

std::string workload_json(const WorkloadStatus& workload) {
  Json references = Json::array();
  for (const ReferenceStatus& reference : workload.references) {
    references.push_back(
        {{"name", reference.name}, {"digest", reference.digest.hex()}, {"state", reference.state}});
  }
  Json json = json_of(workload);
  json["references"] = std::move(references);
  Json advice = Json::array();
  for (const AdviceStatus& piece : workload.advice) {
    advice.push_back({{"text", piece.text},
                      {"command", text_or_null(piece.command)},
                      {"takes_url", piece.takes_url},
                      {"read", text_or_null(piece.read)}});
  }
  json["waits_for"] = text_or_null(workload.waits_for);
  json["to_do"] = text_or_null(workload.to_do);
  json["advice"] = std::move(advice);
  return text_of(json);
}

std::string history_json(const std::vector<HistoryStatus>& entries) {
  Json items = Json::array();
  for (const HistoryStatus& entry : entries) {
    items.push_back({{"workload", entry.key.text()},
                     {"at", format_time(entry.at)},
                     {"event", entry.kind},
                     {"level", entry.level},
                     {"detail", entry.detail}});
  }
  return text_of(Json{{"items", std::move(items)}});
}

std::string process_json(const ProcessStatus& process) {
  return text_of({{"provider", process.provider},
                  {"host", text_or_null(process.host)},
                  {"cluster", text_or_null(process.cluster)},
                  {"role", text_or_null(process.role)},
                  {"leader", text_or_null(process.leader)},
                  {"problems", process.problems},
                  {"degraded", text_or_null(process.degraded)},
                  {"version", process.version},
                  {"revision", process.revision},
                  {"started", format_time(process.started)},
                  {"budget", budget_or_null(process.budget)},
                  {"totals",
                   {{"changes", process.totals.changes},
                    {"updates", counts_of(process.totals.updates)},
                    {"suppressed", counts_of(process.totals.suppressed)},
                    {"coalesced", process.totals.coalesced},
                    {"pending", counts_of(process.totals.pending)}}}});
}

std::string released_json(const WorkloadKey& key) {
  return text_of(Json{{"released", key.text()}});
}

std::string peers_json(const std::vector<PeerStatus>& peers, const WallAnchor& anchor) {
  Json items = Json::array();
  for (const PeerStatus& peer : peers) {
    const auto next =
        peer.next_attempt ? std::optional(anchor.at(*peer.next_attempt)) : std::nullopt;
    items.push_back({{"peer", peer.name},
                     {"socket", peer.socket},
                     {"up", peer.up},
                     {"level", peer.level},
                     {"next_attempt", time_or_null(next)},
                     {"problem", text_or_null(peer.problem)},
                     {"accepted", peer.accepted},
                     {"delivered", peer.delivered},
                     {"rejected", peer.rejected},
                     {"dropped", peer.dropped},
                     {"queued", peer.queued},
                     {"in_flight", peer.in_flight}});
  }
  return text_of(Json{{"items", std::move(items)}});
}

std::string offered_json(const Offered& offered) {
  return text_of({{"queued", offered.queued}, {"dropped", offered.dropped}});
}

std::string wrong_line_json(const Offered& offered) {
  return text_of({{"error", offered.message}, {"line", offered.line}});
}

std::string error_json(const std::string& message) {
  return text_of(Json{{"error", message}});
}

}  // namespace ebbgate::metrics
