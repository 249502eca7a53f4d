#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/shared_model.h"
#include "tests/unit/controller/controller_test_support.h"
#include "tests/unit/kubernetes/provider_server.h"

namespace ebbgate::kubernetes::testing {

using namespace std::chrono_literals;

Response answered(int status, const std::string& body = "");
/// A Kubernetes Status.
Response status_answer(int status);
Response not_sent();
Response broken();

/// Connections to an API server whose answers the test writes. Any thread.
class ScriptedConnector final : public Connector {
 public:
  /// Called by one thread at a time.
  using Script = std::function<Response(const Request&)>;
  struct Asked {
    Request request;
    BootTime at;
  };

  explicit ScriptedConnector(Script script) : script_(std::move(script)) {}

  std::unique_ptr<Connection> connect() override EBBGATE_EXCLUDES(mutex_);
  void script(Script script) EBBGATE_EXCLUDES(mutex_);
  /// From here on requests wait, until they are interrupted or let go.
  void hang() EBBGATE_EXCLUDES(mutex_);
  void let_go() EBBGATE_EXCLUDES(mutex_);

  std::size_t connections() EBBGATE_EXCLUDES(mutex_);
  std::vector<Asked> asked() EBBGATE_EXCLUDES(mutex_);
  std::size_t asked(const std::string& method, const std::string& path) EBBGATE_EXCLUDES(mutex_);
  /// Whether so many requests came, within a generous time.
  bool wait_for(std::size_t count) EBBGATE_EXCLUDES(mutex_);
  bool wait_for(const std::string& method, const std::string& path, std::size_t count)
      EBBGATE_EXCLUDES(mutex_);

 private:
  class Line;

  std::size_t count(const std::string& method, const std::string& path) const
      EBBGATE_REQUIRES(mutex_);

  Mutex mutex_;
  Condition changed_;
  Script script_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<Asked> asked_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t connections_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool hanging_ EBBGATE_GUARDED_BY(mutex_) = false;
};

/// Keeps what it is told. Any thread.
class ListenerByHand final : public ProviderListener {
 public:
  void observed(Observation observation) override EBBGATE_EXCLUDES(mutex_);
  void gone(const WorkloadKey& /*key*/) override {}
  void listed() override {}
  void prepared(AttemptId /*attempt*/, std::string /*witness*/) override {}
  void answered(AttemptId attempt, Answer answer) override EBBGATE_EXCLUDES(mutex_);
  void rolled_out(const WorkloadKey& /*key*/, bool /*ready*/, std::string /*why*/) override {}

  std::vector<std::pair<AttemptId, Answer>> answers() EBBGATE_EXCLUDES(mutex_);
  /// What was told last of the workload.
  std::optional<Observation> seen(const WorkloadKey& key) EBBGATE_EXCLUDES(mutex_);
  /// Whether something that fits is told of the workload, within a generous time.
  bool wait_for(const WorkloadKey& key, const std::function<bool(const Observation&)>& fits)
      EBBGATE_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<std::pair<AttemptId, Answer>> answers_ EBBGATE_GUARDED_BY(mutex_);
  std::map<WorkloadKey, std::vector<Observation>> observed_ EBBGATE_GUARDED_BY(mutex_);
};

/// A model of a cluster that holds what the test puts in.
class ModelByHand {
 public:
  explicit ModelByHand(std::function<void(Errands)> on_errands = [](const Errands&) {});

  /// Lists nothing at all: what comes later is new, and its configuration read one by one.
  void list_nothing();
  /// Lists the server's Deployment and ConfigMap.
  void list();
  void tell_workload(const nlohmann::json& deployment, Source source = Source::watch);
  void tell_config();
  /// The server's Deployment under another name.
  nlohmann::json named(const std::string& name) const;

  ebbgate::testing::ClockByHand clock;
  SimulatedServer server;
  ListenerByHand listener;
  SharedModel model;
  const WorkloadKey key{"default", "Deployment", "web"};

 private:
  Parser parser_;
};

}  // namespace ebbgate::kubernetes::testing
