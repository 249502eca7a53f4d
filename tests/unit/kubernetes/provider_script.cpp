#include "tests/unit/kubernetes/provider_script.h"

#include <algorithm>

namespace ebbgate::kubernetes::testing {

namespace {

constexpr Duration kGenerous = 60s;

}  // namespace

Response answered(int status, const std::string& body) {
  Response response;
  response.result = Response::Result::answered;
  response.status = status;
  response.body = body;
  if (!response.ok()) response.error = "answered " + std::to_string(status);
  return response;
}

Response status_answer(int status) {
  Response response = answered(status, R"({"kind":"Status"})");
  response.has_status_body = true;
  return response;
}

Response not_sent() {
  Response response;
  response.error = "connection refused";
  return response;
}

Response broken() {
  Response response;
  response.result = Response::Result::broken;
  response.error = "the connection broke";
  return response;
}

class ScriptedConnector::Line final : public Connection {
 public:
  explicit Line(ScriptedConnector& server) : server_(server) {}

  Response send(const Request& request) override {
    const MutexLock lock(server_.mutex_);
    server_.asked_.push_back({request, BootClock::now()});
    server_.changed_.notify_all();
    while (server_.hanging_ && !interrupted_) server_.changed_.wait(server_.mutex_);
    return interrupted_ ? broken() : server_.script_(request);
  }
  Response stream(const Request& /*request*/, Duration /*silence*/,
                  const Receive& /*receive*/) override {
    return broken();
  }
  void interrupt() override {
    const MutexLock lock(server_.mutex_);
    interrupted_ = true;
    server_.changed_.notify_all();
  }

 private:
  ScriptedConnector& server_;
  bool interrupted_ = false;  // guarded by the server's mutex
};

std::unique_ptr<Connection> ScriptedConnector::connect() {
  const MutexLock lock(mutex_);
  ++connections_;
  return std::make_unique<Line>(*this);
}

void ScriptedConnector::script(Script script) {
  const MutexLock lock(mutex_);
  script_ = std::move(script);
}

void ScriptedConnector::hang() {
  const MutexLock lock(mutex_);
  hanging_ = true;
}

void ScriptedConnector::let_go() {
  const MutexLock lock(mutex_);
  hanging_ = false;
  changed_.notify_all();
}

std::size_t ScriptedConnector::connections() {
  const MutexLock lock(mutex_);
  return connections_;
}

std::vector<ScriptedConnector::Asked> ScriptedConnector::asked() {
  const MutexLock lock(mutex_);
  return asked_;
}

std::size_t ScriptedConnector::asked(const std::string& method, const std::string& path) {
  const MutexLock lock(mutex_);
  return count(method, path);
}

std::size_t ScriptedConnector::count(const std::string& method, const std::string& path) const {
  return static_cast<std::size_t>(
      std::count_if(asked_.begin(), asked_.end(), [&](const Asked& asked) {
        const std::string& whole = asked.request.path;
        return asked.request.method == method && whole.substr(0, whole.find('?')) == path;
      }));
}

bool ScriptedConnector::wait_for(std::size_t count) {
  const BootTime deadline = BootClock::now() + kGenerous;
  const MutexLock lock(mutex_);
  while (asked_.size() < count && BootClock::now() < deadline) changed_.wait_for(mutex_, 100ms);
  return asked_.size() >= count;
}

bool ScriptedConnector::wait_for(const std::string& method, const std::string& path,
                                 std::size_t times) {
  const BootTime deadline = BootClock::now() + kGenerous;
  const MutexLock lock(mutex_);
  while (count(method, path) < times && BootClock::now() < deadline) {
    changed_.wait_for(mutex_, 100ms);
  }
  return count(method, path) >= times;
}

void ListenerByHand::observed(Observation observation) {
  const MutexLock lock(mutex_);
  const WorkloadKey key = observation.key;
  observed_[key].push_back(std::move(observation));
  changed_.notify_all();
}

void ListenerByHand::answered(AttemptId attempt, Answer answer) {
  const MutexLock lock(mutex_);
  answers_.emplace_back(attempt, std::move(answer));
}

std::vector<std::pair<AttemptId, Answer>> ListenerByHand::answers() {
  const MutexLock lock(mutex_);
  return answers_;
}

std::optional<Observation> ListenerByHand::seen(const WorkloadKey& key) {
  const MutexLock lock(mutex_);
  const auto found = observed_.find(key);
  if (found == observed_.end()) return std::nullopt;
  return found->second.back();
}

bool ListenerByHand::wait_for(const WorkloadKey& key,
                              const std::function<bool(const Observation&)>& fits) {
  const BootTime deadline = BootClock::now() + kGenerous;
  const MutexLock lock(mutex_);
  while (BootClock::now() < deadline) {
    const std::vector<Observation>& told = observed_[key];
    if (std::any_of(told.begin(), told.end(), fits)) return true;
    changed_.wait_for(mutex_, 100ms);
  }
  return false;
}

ModelByHand::ModelByHand(std::function<void(Errands)> on_errands)
    : server(clock),
      model({{}, {}, governor::SettleSettings{0s, 0s}}, listener, std::move(on_errands)) {}

void ModelByHand::list_nothing() {
  model.use([&](ClusterModel& known) {
    known.workload_list_begins(WorkloadKind::deployment, "");
    known.workload_list_ended(WorkloadKind::deployment, "", 1);
    for (const ConfigKind kind : {ConfigKind::config_map, ConfigKind::secret}) {
      known.config_list_begins(kind, "");
      known.config_list_ended(kind, "", 1);
    }
    known.synced();
  });
}

void ModelByHand::list() {
  list_nothing();
  tell_workload(server.deployment());
  tell_config();
}

void ModelByHand::tell_workload(const nlohmann::json& deployment, Source source) {
  std::string text = deployment.dump();
  auto object = parser_.workload(text, WorkloadKind::deployment).value();
  model.use([&](ClusterModel& known) { known.workload_found(object, source); });
}

void ModelByHand::tell_config() {
  model.use([&](ClusterModel& known) {
    std::string text = server.config().value();
    const Interest interest = known.interest({ConfigKind::config_map, "default", "web"});
    const auto object = parser_.config(text, ConfigKind::config_map, interest);
    known.config_found(object.value(), Source::watch);
  });
}

nlohmann::json ModelByHand::named(const std::string& name) const {
  nlohmann::json deployment = server.deployment();
  deployment["metadata"]["name"] = name;
  deployment["metadata"]["uid"] = "uid-of-" + name;
  return deployment;
}

}  // namespace ebbgate::kubernetes::testing
