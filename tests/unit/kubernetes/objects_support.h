#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/kubernetes/config_object.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// A ConfigMap or Secret as a list has it: `members` are what follows its metadata, such as
/// `"data":{"a":"1"}`, or nothing.
std::string config_json(const std::string& name, const std::string& members,
                        const std::string& annotations = "");
/// Metadata as the API server writes them, with managed fields and all.
std::string metadata_json(const std::string& name, const std::string& annotations = "",
                          int resource_version = 42);
std::string list_json(const std::vector<std::string>& items,
                      const std::string& metadata = R"({"resourceVersion":"900"})");
std::string event_json(const std::string& type, const std::string& object);

/// What makes a workload.
struct WorkloadJson {
  std::string annotations;           ///< of metadata, as a JSON object, or empty
  std::string template_annotations;  ///< the same of the template
  std::string pod_spec = R"({"containers":[{"name":"c","image":"registry.example/app:1"}]})";
  std::string spec = R"("replicas":2)";  ///< members beside the template
  std::string status = "{}";

  std::string text() const;
};

/// Reads what must be readable.
WorkloadObject read(const WorkloadJson& json, WorkloadKind kind = WorkloadKind::deployment);
ConfigObject read_config_map(std::string json, const Interest& interest);
ConfigObject read_secret(std::string json, const Interest& interest);

inline const Interest kWhole{true, {}};

}  // namespace ebbgate::kubernetes
