#pragma once

#include <optional>

#include "controller/kubernetes/json_reader.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// Reads a workload of a kind. Nothing for what is none.
std::optional<WorkloadObject> read_workload(const JsonReader& reader, JsonReader::Object object,
                                            WorkloadKind kind);

}  // namespace ebbgate::kubernetes
