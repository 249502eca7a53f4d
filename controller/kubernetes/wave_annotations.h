#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

inline constexpr std::string_view kWaveWatch = "wave.pusher.com/update-on-config-change";
inline constexpr std::string_view kWaveHash = "wave.pusher.com/config-hash";
inline constexpr std::string_view kWaveExtraConfigMaps = "wave.pusher.com/extra-configmaps";
inline constexpr std::string_view kWaveExtraSecrets = "wave.pusher.com/extra-secrets";

/// The further objects that a workload's annotations name, read as Wave reads them: `name` or
/// `namespace/name`, comma-separated, never trimmed; whole and optional. What is no name is passed
/// over, since for Wave no such object is ever there.
std::vector<ConfigReference> wave_extra_objects(
    const std::map<std::string, std::string, std::less<>>& annotations,
    const std::string& namespace_name);

}  // namespace ebbgate::kubernetes
