#pragma once

#include <string>

#include "tests/unit/kubernetes/provider_world.h"

namespace ebbgate::kubernetes::testing {

/// What requests of a World's process meet on their way to its server.
class World::Wire final : public Connection {
 public:
  explicit Wire(World& world) : world_(world) {}

  Response send(const Request& request) override;
  Response stream(const Request& request, Duration silence, const Receive& receive) override;
  void interrupt() override {}

 private:
  Response meet(Fate fate, const std::string& body);

  World& world_;
};

}  // namespace ebbgate::kubernetes::testing
