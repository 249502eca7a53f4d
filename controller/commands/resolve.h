#pragma once

#include <string>

#include "base/workload_key.h"
#include "controller/commands/api_client.h"

namespace ebbgate::commands {

/// A workload as somebody wrote it: NAMESPACE/KIND/NAME, or, where one alone is called so,
/// KIND/NAME, NAMESPACE/NAME or NAME.
struct WrittenWorkload final {
  std::string text;
  std::string namespace_name;  ///< only workloads of this one are meant; empty: of any
};

/// Which one is meant. Asks for the list of workloads unless the whole key is written. None or
/// several: the answer's error says which ones there are.
Answer resolve(ApiClient& client, const WrittenWorkload& written, WorkloadKey& key);

}  // namespace ebbgate::commands
