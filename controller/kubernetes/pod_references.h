#pragma once

#include <string>
#include <vector>

#include "controller/kubernetes/config_reference.h"
#include "controller/kubernetes/json_reader.h"

namespace ebbgate::kubernetes {

/// What a pod's specification takes from ConfigMaps and Secrets; sorted, without duplicates.
struct PodReferences {
  /// Of volumes and projected volumes (single keys where items are listed), and of env and envFrom
  /// of all containers, those that only initialise included. What the kubelet uses itself
  /// (imagePullSecrets, credentials of storage drivers) is no configuration.
  std::vector<ConfigReference> references;
  /// As Wave reads them: the whole object of a plain volume even where it lists items, and nothing
  /// of init containers.
  std::vector<ConfigReference> wave;
};

/// False where the specification is malformed.
bool read_pod_references(const JsonReader& reader, JsonReader::Value pod_spec,
                         const std::string& namespace_name, PodReferences& references);

/// Sorts references and drops duplicates.
void normalize(std::vector<ConfigReference>& references);

}  // namespace ebbgate::kubernetes
