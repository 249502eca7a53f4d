#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ebbgate::kubernetes {

/// The spec of a Lease of coordination.k8s.io/v1: who leads, and for how long. The times are the
/// holder's wall clock, for people; only whether they change says something.
struct LeaseRecord {
  std::string holder;  ///< empty: nobody, it was released
  std::int64_t duration_seconds = 0;
  std::string acquire_time;
  std::string renew_time;
  std::int64_t transitions = 0;

  bool operator==(const LeaseRecord&) const = default;
};

/// A Lease as the API server has it.
struct LeaseObject {
  LeaseRecord record;
  std::string uid;   ///< empty in one that the API server never had
  std::string json;  ///< all of it, with its resource version

  bool operator==(const LeaseObject&) const = default;
};

/// The name of a term of leading: another leader, or another Lease of the same name, has another.
std::string term_of(const LeaseObject& lease);

/// Nothing for what is no Lease.
std::optional<LeaseObject> parse_lease(std::string_view json);

/// A Lease that does not exist yet.
std::string new_lease(const std::string& namespace_name, const std::string& name,
                      const LeaseRecord& record);
/// The same Lease with another spec; everything else stays, the resource version too, so that the
/// API server refuses it where somebody else wrote meanwhile.
std::string changed_lease(const LeaseObject& lease, const LeaseRecord& record);

/// RFC 3339 with microseconds, as Kubernetes' MicroTime wants it.
std::string micro_time(WallTime time);

}  // namespace ebbgate::kubernetes
