#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

/// What the API said, as far as people are shown it. All text is printable; times are the API's
/// own, empty where it said null. Each from_… throws nlohmann::json::exception where the JSON is
/// another.
namespace ebbgate::commands {

struct SeenGate {
  std::string gate;
  std::string until;
  std::string reason;
};

struct SeenReference {
  std::string name;
  std::string digest;
  std::string state;
};

struct SeenAdvice {
  std::string text;
  std::string command;     ///< to be copied into a shell; may be empty
  bool takes_url = false;  ///< it is to have --url behind it
};

struct SeenWorkload {
  std::string namespace_name;
  std::string kind;
  std::string name;
  std::string state;
  std::int64_t level = 0;
  std::vector<SeenGate> gates;
  std::string next_update;
  std::string pending_since;
  std::string applied;
  std::string desired;
  std::string last_update;
  std::string last_outcome;
  std::int64_t changes = 0;
  std::int64_t updates = 0;
  std::int64_t suppressed = 0;
  std::int64_t coalesced = 0;
  std::int64_t absent = 0;    ///< references of which there is nothing
  std::string last_error;     ///< while it is failing, or its last rollout is not ready
  std::string failing_since;  ///< while it is failing
  std::int64_t failures = 0;  ///< the same: in a row
  // Of one that was asked for alone:
  std::vector<SeenReference> references;
  std::string waits_for;
  std::string to_do;
  std::vector<SeenAdvice> advice;

  std::string key() const { return namespace_name + "/" + kind + "/" + name; }
};

struct SeenEvent {
  std::string at;
  std::string event;
  std::int64_t level = 0;
  std::string detail;
};

struct SeenPeer {
  std::string name;
  bool up = false;
  std::string next_attempt;
  std::string problem;
  std::int64_t level = 0;
  std::int64_t queued = 0;
  std::int64_t delivered = 0;
  std::int64_t rejected = 0;
  std::int64_t dropped = 0;
};

struct SeenProcess {
  std::string role;    ///< leader or standby; empty: no election
  std::string leader;  ///< empty: nobody that is known
  std::vector<std::string> problems;
  std::vector<std::string> not_ready;
  bool stopped = false;  ///< no update goes out at all: budget.rate is 0
};

SeenWorkload workload_from(const nlohmann::json& json);
SeenEvent event_from(const nlohmann::json& json);
SeenPeer peer_from(const nlohmann::json& json);
/// `json` may be null: an Ebbgate that does not tell.
SeenProcess process_from(const nlohmann::json& json);

}  // namespace ebbgate::commands
