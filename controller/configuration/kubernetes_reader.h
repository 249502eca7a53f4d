#pragma once

#include <string>
#include <vector>

#include "controller/configuration/map_reader.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// Reads `kubernetes.namespaces`.
std::vector<std::string> read_namespaces(const Entry& list, Problems& problems);

/// Reads `kubernetes.honor` into `settings`.
void read_honor(const Entry& list, Problems& problems, KubernetesSettings& settings);

/// `kubernetes.honor` as it is written: wave, reloader.
std::vector<std::string> honor_words(const KubernetesSettings& settings);

/// What is wrong with values that are well-formed each, as governor::validate().
std::vector<std::string> validate(const KubernetesSettings& settings);

}  // namespace ebbgate::configuration
