#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"

namespace ebbgate::kubernetes::testing {

/// One Deployment with two pods, the ConfigMap that they read, and those who write to them: an API
/// server and the controllers behind it, as far as an update meets them. What it does with JSON
/// patches is what a real one does.
class SimulatedServer final {
 public:
  /// One event of a watch.
  struct News {
    bool of_configuration = false;
    bool deleted = false;
    std::string json;
  };
  /// A write that set another hash on the pod template.
  struct Landing {
    BootTime at;
    int level = 0;
    std::uint64_t counter = 0;
    std::string hash;
  };

  explicit SimulatedServer(const Clock& clock);

  // What people and their tools do.

  void write_config(const std::string& content);
  void delete_config();
  void ignore_config(bool ignored);          ///< kubectl annotate
  void set_image(const std::string& image);  ///< kubectl set image
  void undo();                               ///< kubectl rollout undo
  void replace();                            ///< kubectl replace, with a manifest of its own
  void recreate();                           ///< kubectl delete, then create
  void remove();                             ///< kubectl delete
  void annotate(const std::string& key, const std::optional<std::string>& value);
  void set_template_annotation(const std::string& key, const std::string& value);
  void pause(bool paused);
  void set_strategy(const std::string& type);
  void begin_deletion();  ///< with a finalizer that holds it

  // What the cluster does.

  /// Ends one old pod (new ones begin when the template is written, or can begin at all). False:
  /// there is nothing to do.
  bool progress();
  void finish_rollout();
  /// Whether all pods began with what the ConfigMap holds now, in the newest revision.
  bool runs_the_latest() const;

  // What its API answers.

  Response patch(const std::string& body);
  Response get() const;
  const nlohmann::json& deployment() const { return deployment_; }
  bool exists() const { return !deployment_.is_null(); }
  std::optional<std::string> config() const;  ///< the ConfigMap as JSON
  std::uint64_t resource_version() const { return resource_version_; }
  std::optional<std::string> hash() const;
  std::optional<nlohmann::json> state() const;

  std::vector<News> news;
  std::vector<Landing> landings;
  int writes = 0;  ///< patches that changed anything

 private:
  struct Pod {
    nlohmann::json revision;
    std::string content;
  };

  void create();
  void store(nlohmann::json changed);
  void roll(nlohmann::json pod_template);
  void start_pods();
  bool update_status(nlohmann::json& deployment) const;

  const Clock& clock_;
  std::uint64_t resource_version_ = 100;
  int uids_ = 0;
  nlohmann::json deployment_;
  std::optional<std::string> content_ = "1";
  std::uint64_t config_version_ = 0;
  bool config_ignored_ = false;
  std::vector<nlohmann::json> revisions_;
  std::vector<Pod> pods_;
};

}  // namespace ebbgate::kubernetes::testing
