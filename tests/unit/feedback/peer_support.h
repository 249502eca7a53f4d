#pragma once

#include <string>

#include "controller/feedback/message.h"
#include "controller/feedback/settings.h"
#include "metrics/feedback.h"

namespace ebbgate::feedback::testing {

inline PeerSettings settings_of(const std::string& name) {
  PeerSettings settings;
  settings.name = name;
  settings.socket = "/nowhere/" + name + ".sock";
  return settings;
}

inline Message message_of(const std::string& job_id) {
  return {job_id, R"({"job_id":")" + job_id + R"(","features":[1],"true_score":1})"};
}

inline bool adds_up(const metrics::PeerStatus& status) {
  return status.accepted ==
         status.delivered + status.rejected + status.dropped + status.queued + status.in_flight;
}

}  // namespace ebbgate::feedback::testing
