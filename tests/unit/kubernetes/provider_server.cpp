#include "tests/unit/kubernetes/provider_server.h"

#include <algorithm>
#include <cstdlib>

namespace ebbgate::kubernetes::testing {

namespace {

using nlohmann::json;

constexpr const char* kHash = "ebbgate.io/config-hash";
constexpr const char* kState = "ebbgate.io/state";
constexpr std::size_t kPods = 2;

// A key that is missing in a map that is there equals null; a path through a missing map is wrong.
bool passes(const json& document, const json& operation) {
  const json::json_pointer path(operation.at("path").get<std::string>());
  if (document.contains(path)) return document.at(path) == operation.at("value");
  return document.contains(path.parent_pointer()) && operation.at("value").is_null();
}

Response refusal(int code, const std::string& reason) {
  Response response;
  response.result = Response::Result::answered;
  response.status = code;
  response.has_status_body = true;
  response.body = R"({"kind":"Status","status":"Failure","reason":")" + reason + R"("})";
  response.error = "PATCH: " + reason;
  return response;
}

std::optional<std::string> text_at(const json& document, const char* map, const char* key) {
  const json::json_pointer path(map);
  if (!document.contains(path) || !document.at(path).contains(key)) return std::nullopt;
  return document.at(path).at(key).get<std::string>();
}

}  // namespace

SimulatedServer::SimulatedServer(const Clock& clock) : clock_(clock) {
  write_config("1");
  create();
  finish_rollout();
}

void SimulatedServer::create() {
  json created = json::parse(R"({
    "metadata": {"name": "web", "namespace": "default", "generation": 0,
                 "annotations": {"ebbgate.io/watch": "true"}},
    "spec": {"replicas": 2,
             "template": {"metadata": {"labels": {"app": "web"}},
                          "spec": {"containers": [
                            {"name": "c", "image": "app:1",
                             "envFrom": [{"configMapRef": {"name": "web"}}]}]}}},
    "status": {}})");
  created["metadata"]["uid"] = "uid-" + std::to_string(++uids_);
  revisions_.clear();
  pods_.clear();
  deployment_ = nullptr;
  store(std::move(created));
}

void SimulatedServer::store(json changed) {
  if (changed == deployment_) return;
  const bool spec = deployment_.is_null() || changed["spec"] != deployment_["spec"];
  const bool annotations = !deployment_.is_null() && changed["metadata"]["annotations"] !=
                                                         deployment_["metadata"]["annotations"];
  if (spec || annotations) {
    changed["metadata"]["generation"] = changed["metadata"]["generation"].get<int>() + 1;
  }
  changed["metadata"]["resourceVersion"] = std::to_string(++resource_version_);
  deployment_ = std::move(changed);
  const json& pod_template = deployment_["spec"]["template"];
  if (revisions_.empty() || revisions_.back() != pod_template) {
    std::erase(revisions_, pod_template);
    revisions_.push_back(pod_template);
  }
  start_pods();
  news.push_back({false, false, deployment_.dump()});
}

void SimulatedServer::write_config(const std::string& content) {
  content_ = content;
  config_version_ = ++resource_version_;
  news.push_back({true, false, *config()});
}

void SimulatedServer::delete_config() {
  if (!content_) return;
  config_version_ = ++resource_version_;
  news.push_back({true, true, *config()});
  content_.reset();
}

void SimulatedServer::ignore_config(bool ignored) {
  config_ignored_ = ignored;
  config_version_ = ++resource_version_;
  news.push_back({true, false, *config()});
}

std::optional<std::string> SimulatedServer::config() const {
  if (!content_) return std::nullopt;
  return json{{"metadata",
               {{"name", "web"},
                {"namespace", "default"},
                {"uid", "config"},
                {"annotations", {{"ebbgate.io/ignore", config_ignored_ ? "true" : "false"}}},
                {"resourceVersion", std::to_string(config_version_)}}},
              {"data", {{"key", *content_}}}}
      .dump();
}

void SimulatedServer::roll(json pod_template) {
  json changed = deployment_;
  changed["spec"]["template"] = std::move(pod_template);
  store(std::move(changed));
}

void SimulatedServer::set_image(const std::string& image) {
  json pod_template = deployment_["spec"]["template"];
  pod_template["spec"]["containers"][0]["image"] = image;
  roll(std::move(pod_template));
}

void SimulatedServer::set_template_annotation(const std::string& key, const std::string& value) {
  json pod_template = deployment_["spec"]["template"];
  pod_template["metadata"]["annotations"][key] = value;
  roll(std::move(pod_template));
}

void SimulatedServer::undo() {
  if (revisions_.size() > 1) roll(revisions_[revisions_.size() - 2]);
}

void SimulatedServer::replace() {
  json changed = deployment_;
  changed["metadata"]["annotations"].erase(kState);
  json& metadata = changed["spec"]["template"]["metadata"];
  if (metadata.contains("annotations")) metadata["annotations"].erase(kHash);
  store(std::move(changed));
}

void SimulatedServer::remove() {
  ++resource_version_;
  deployment_["metadata"]["resourceVersion"] = std::to_string(resource_version_);
  news.push_back({false, true, deployment_.dump()});
  deployment_ = nullptr;
}

void SimulatedServer::recreate() {
  if (exists()) remove();
  create();
  finish_rollout();
}

void SimulatedServer::annotate(const std::string& key, const std::optional<std::string>& value) {
  json changed = deployment_;
  if (value) {
    changed["metadata"]["annotations"][key] = *value;
  } else {
    changed["metadata"]["annotations"].erase(key);
  }
  store(std::move(changed));
}

void SimulatedServer::pause(bool paused) {
  json changed = deployment_;
  changed["spec"]["paused"] = paused;
  store(std::move(changed));
}

void SimulatedServer::set_strategy(const std::string& type) {
  json changed = deployment_;
  changed["spec"]["strategy"]["type"] = type;
  store(std::move(changed));
}

void SimulatedServer::begin_deletion() {
  json changed = deployment_;
  changed["metadata"]["deletionTimestamp"] = "2026-11-23T18:00:00Z";
  store(std::move(changed));
}

void SimulatedServer::start_pods() {
  if (!content_ || deployment_["spec"].value("paused", false)) return;
  const json& revision = deployment_["spec"]["template"];
  const auto is_new = [&](const Pod& pod) { return pod.revision == revision; };
  while (static_cast<std::size_t>(std::count_if(pods_.begin(), pods_.end(), is_new)) < kPods) {
    pods_.push_back({revision, *content_});
  }
}

bool SimulatedServer::progress() {
  if (!exists()) return false;
  start_pods();
  const json& revision = deployment_["spec"]["template"];
  bool moved = false;
  if (!deployment_["spec"].value("paused", false) && content_) {
    const auto old = std::find_if(pods_.begin(), pods_.end(),
                                  [&](const Pod& pod) { return pod.revision != revision; });
    moved = old != pods_.end();
    if (moved) pods_.erase(old);
  }
  json changed = deployment_;
  const bool told = update_status(changed);
  store(std::move(changed));
  return moved || told;
}

bool SimulatedServer::update_status(json& deployment) const {
  const auto updated = std::count_if(pods_.begin(), pods_.end(), [&](const Pod& pod) {
    return pod.revision == deployment["spec"]["template"];
  });
  const json status = {{"observedGeneration", deployment["metadata"]["generation"]},
                       {"replicas", pods_.size()},
                       {"updatedReplicas", updated},
                       {"availableReplicas", kPods}};
  if (deployment["status"] == status) return false;
  deployment["status"] = status;
  return true;
}

void SimulatedServer::finish_rollout() {
  while (progress()) {
  }
}

bool SimulatedServer::runs_the_latest() const {
  if (!exists() || !content_) return false;
  return pods_.size() == kPods && std::all_of(pods_.begin(), pods_.end(), [&](const Pod& pod) {
           return pod.revision == deployment_["spec"]["template"] && pod.content == *content_;
         });
}

std::optional<std::string> SimulatedServer::hash() const {
  return text_at(deployment_, "/spec/template/metadata/annotations", kHash);
}

std::optional<json> SimulatedServer::state() const {
  const auto text = text_at(deployment_, "/metadata/annotations", kState);
  if (!text) return std::nullopt;
  return json::parse(*text);
}

Response SimulatedServer::get() const {
  if (!exists()) return refusal(404, "NotFound");
  Response response;
  response.result = Response::Result::answered;
  response.status = 200;
  response.body = deployment_.dump();
  return response;
}

Response SimulatedServer::patch(const std::string& body) {
  if (!exists()) return refusal(404, "NotFound");
  json operations = json::array();
  for (const json& operation : json::parse(body)) {
    if (operation.at("op") != "test") {
      operations.push_back(operation);
    } else if (!passes(deployment_, operation)) {
      return refusal(422, "Invalid");
    }
  }
  const auto before = hash();
  const json whole = deployment_;
  store(deployment_.patch(operations));
  if (deployment_ != whole) ++writes;
  if (hash() != before) {
    const json state = *this->state();
    landings.push_back({clock_.now().boot, state.at("level").get<int>(),
                        state.at("counter").get<std::uint64_t>(), *hash()});
  }
  return get();
}

}  // namespace ebbgate::kubernetes::testing
