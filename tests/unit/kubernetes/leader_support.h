#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "controller/kubernetes/lease_record.h"

namespace ebbgate::kubernetes {

/// The Leases of an API server: one.
class LeaseServer {
 public:
  std::optional<LeaseObject> read() const {
    if (json_.empty()) return std::nullopt;
    return parse_lease(json_);
  }

  /// Nothing: a conflict.
  std::optional<LeaseObject> create(const std::string& body) {
    if (!json_.empty()) return std::nullopt;
    nlohmann::json lease = nlohmann::json::parse(body);
    lease["metadata"]["uid"] = "uid-" + std::to_string(version_ + 1);
    return store(std::move(lease));
  }

  std::optional<LeaseObject> update(const std::string& body) {
    const nlohmann::json lease = nlohmann::json::parse(body);
    if (json_.empty() || lease["metadata"]["resourceVersion"] != std::to_string(version_)) {
      return std::nullopt;
    }
    return store(lease);
  }

  void remove() { json_.clear(); }

  /// Somebody else changes it.
  void edit(const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json lease = nlohmann::json::parse(json_);
    change(lease);
    store(std::move(lease));
  }

 private:
  LeaseObject store(nlohmann::json lease) {
    lease["metadata"]["resourceVersion"] = std::to_string(++version_);
    json_ = lease.dump();
    return *parse_lease(json_);
  }

  std::string json_;
  std::uint64_t version_ = 100;
};

}  // namespace ebbgate::kubernetes
