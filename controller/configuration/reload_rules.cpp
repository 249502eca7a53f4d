#include "controller/configuration/reload_rules.h"

#include "controller/configuration/kubernetes_reader.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

std::string shown(const std::string& value) {
  return value.empty() ? "nothing" : value;
}

std::string message(const std::string& key, const std::string& before, const std::string& after) {
  return key + ": a change from " + shown(before) + " to " + shown(after) +
         " needs a restart; restart Ebbgate, or change it back";
}

void compare(const std::string& key, const std::vector<std::string>& before,
             const std::vector<std::string>& after, std::vector<std::string>& messages) {
  if (before == after) return;
  messages.push_back(
      message(key, before.empty() ? "" : all_of(before), after.empty() ? "" : all_of(after)));
}

}  // namespace

std::vector<std::string> needs_restart(const Settings& in_force, const Settings& wanted) {
  std::vector<std::string> messages;
  for (const ScalarSetting& setting : scalar_settings()) {
    const std::string before = setting.write(in_force);
    const std::string after = setting.write(wanted);
    if (setting.reload || before == after) continue;
    messages.push_back(message(setting.key, before, after));
  }
  const KubernetesSettings& before = in_force.kubernetes;
  const KubernetesSettings& after = wanted.kubernetes;
  compare("kubernetes.namespaces", before.namespaces, after.namespaces, messages);
  compare("kubernetes.honor", honor_words(before), honor_words(after), messages);
  return messages;
}

}  // namespace ebbgate::configuration
