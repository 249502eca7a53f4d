#pragma once

#include <string>

#include "base/workload_key.h"
#include "controller/kubernetes/config_reference.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// Where the API server keeps things. Names of objects and namespaces need no escaping: the API
/// server lets none in that would.

/// `namespace_name` empty: of all namespaces.
std::string path_of(WorkloadKind kind, const std::string& namespace_name);
std::string path_of(ConfigKind kind, const std::string& namespace_name);
std::string path_of(WorkloadKind kind, const WorkloadKey& key);
std::string path_of(const ConfigName& name);

/// `configmaps`, `secrets`.
std::string plural_of(ConfigKind kind);

}  // namespace ebbgate::kubernetes
