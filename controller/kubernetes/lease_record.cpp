#include "controller/kubernetes/lease_record.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::kubernetes {

namespace {

using Json = nlohmann::json;

std::string text_at(const Json& spec, const char* key) {
  const auto found = spec.find(key);
  return found != spec.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_at(const Json& spec, const char* key) {
  const auto found = spec.find(key);
  return found != spec.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// What else stands in the spec belongs to others.
void write_record(Json& spec, const LeaseRecord& record) {
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration_seconds;
  spec["acquireTime"] = record.acquire_time;
  spec["renewTime"] = record.renew_time;
  spec["leaseTransitions"] = record.transitions;
}

}  // namespace

std::string term_of(const LeaseObject& lease) {
  return lease.uid + "/" + std::to_string(lease.record.transitions);
}

std::optional<LeaseObject> parse_lease(std::string_view json) {
  const Json lease = Json::parse(json, nullptr, false);
  if (!lease.is_object() || text_at(lease, "kind") != "Lease") return std::nullopt;
  const auto metadata = lease.find("metadata");
  if (metadata == lease.end() || text_at(*metadata, "resourceVersion").empty()) {
    return std::nullopt;
  }
  LeaseObject object;
  object.json = json;
  object.uid = text_at(*metadata, "uid");
  const auto spec = lease.find("spec");
  if (spec == lease.end() || !spec->is_object()) return object;
  object.record = {text_at(*spec, "holderIdentity"), number_at(*spec, "leaseDurationSeconds"),
                   text_at(*spec, "acquireTime"), text_at(*spec, "renewTime"),
                   number_at(*spec, "leaseTransitions")};
  return object;
}

std::string new_lease(const std::string& namespace_name, const std::string& name,
                      const LeaseRecord& record) {
  Json lease = {{"apiVersion", "coordination.k8s.io/v1"},
                {"kind", "Lease"},
                {"metadata", {{"namespace", namespace_name}, {"name", name}}}};
  write_record(lease["spec"], record);
  return lease.dump();
}

std::string changed_lease(const LeaseObject& lease, const LeaseRecord& record) {
  Json changed = Json::parse(lease.json);
  Json& spec = changed["spec"];
  if (!spec.is_object()) spec = Json::object();
  write_record(spec, record);
  return changed.dump();
}

std::string micro_time(WallTime time) {
  std::string text = format_time(time);
  text.insert(text.size() - 1, "000");
  return text;
}

}  // namespace ebbgate::kubernetes
