#include "controller/configuration/misfit.h"

#include <algorithm>
#include <map>

#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

const std::map<std::string, std::vector<std::string>>& compared_with() {
  static const std::map<std::string, std::vector<std::string>> keys = {
      {"backoff.max", {"backoff.base"}},
      {"backoff.unhealthy_max", {"backoff.max"}},
      {"backoff.stable_after", {"backoff.unhealthy_max", "backoff.max"}},
      {"backoff.factor", {"backoff.base", "backoff.unhealthy_max"}},
      {"settle.max", {"settle.quiet"}},
      {"retry.max", {"retry.base"}},
      {"kubernetes.leader_election.duration", {"kubernetes.leader_election.renew"}},
      {"kubernetes.leader_election.renew", {"kubernetes.leader_election.retry"}},
  };
  return keys;
}

std::string value_of(const std::string& key, const Settings& values) {
  const auto found = std::ranges::find(scalar_settings(), key, &ScalarSetting::key);
  return found == scalar_settings().end() ? "" : found->write(values);
}

}  // namespace

Misfit::Misfit(std::string_view message) {
  const std::size_t colon = message.find(": ");
  keys_.emplace_back(message.substr(0, colon));
  text_ = message.substr(colon + 2);
  const auto others = compared_with().find(keys_.front());
  // A value out of its own range has to do with no other.
  if (others != compared_with().end() && !text_.starts_with("must be ")) {
    keys_.insert(keys_.end(), others->second.begin(), others->second.end());
  }
}

std::string Misfit::to_blame(const std::function<bool(const std::string&)>& is_set) const {
  const auto found = std::ranges::find_if(keys_, is_set);
  return found == keys_.end() ? "" : *found;
}

std::string Misfit::message_for(const std::string& blamed, const Settings& values) const {
  const std::string& key = keys_.front();
  const std::string subject = blamed == key ? "is " : "does not fit " + key + ", which is ";
  const std::string link = text_.starts_with("must") ? ", but " : ", ";
  return subject + value_of(key, values) + link + text_;
}

}  // namespace ebbgate::configuration
