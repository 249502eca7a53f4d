#include "controller/descriptor_needs.h"

#include <algorithm>

#include "base/descriptor_limit.h"

namespace ebbgate {

namespace {

constexpr std::size_t kStandard = 3;
// What is open all the time, and what reading files, answering clients and one update take.
constexpr std::size_t kLocal = 40;
constexpr std::size_t kOneUpdate = 6;
constexpr std::size_t kOnePeer = 4;
// Connections for updates, events, single reads and the lease; then those that follow one
// namespace.
constexpr std::size_t kKubernetes = 50;
constexpr std::size_t kOneNamespace = 10;

}  // namespace

std::size_t fewest_descriptors(const Settings& settings) {
  const std::size_t peers = kOnePeer * settings.feedback.size();
  if (settings.provider != "kubernetes") return kLocal + peers;
  const std::size_t namespaces = std::max<std::size_t>(settings.kubernetes.namespaces.size(), 1);
  return kKubernetes + kOneNamespace * namespaces + peers;
}

std::optional<std::string> lack_of_descriptors(const Settings& settings) {
  // What it inherited counts as well.
  const std::size_t open = std::max(open_descriptors(), kStandard);
  const std::size_t needed = fewest_descriptors(settings) + open - kStandard;
  if (descriptor_limit() >= needed) return std::nullopt;
  const std::string inherited =
      open > kStandard
          ? ", as it has inherited " + std::to_string(open - kStandard) + " that are open"
          : "";
  return "the limit of open files is " + std::to_string(descriptor_limit()) +
         ", and with this configuration Ebbgate needs at least " + std::to_string(needed) +
         inherited +
         ": raise it (ulimit -n, LimitNOFILE of the service, the ulimits of the container)";
}

std::size_t descriptors_for_updates(const Settings& settings) {
  const std::size_t fewest = fewest_descriptors(settings);
  return std::max(descriptor_limit(), fewest) - fewest + kOneUpdate;
}

}  // namespace ebbgate
