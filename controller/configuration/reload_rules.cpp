#include "controller/configuration/reload_rules.h"

#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

std::string shown(const std::string& value) {
  return value.empty() ? "nothing" : value;
}

}  // namespace

std::vector<std::string> needs_restart(const Settings& in_force, const Settings& wanted) {
  std::vector<std::string> messages;
  for (const ScalarSetting& setting : scalar_settings()) {
    const std::string before = setting.write(in_force);
    const std::string after = setting.write(wanted);
    if (setting.reload || before == after) continue;
    messages.push_back(setting.key + ": a change from " + shown(before) + " to " + shown(after) +
                       " needs a restart; restart Ebbgate, or change it back");
  }
  return messages;
}

}  // namespace ebbgate::configuration
