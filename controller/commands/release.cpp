#include "controller/commands/release.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "base/unicode.h"
#include "controller/commands/api_client.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

namespace {

// What release leaves closed still holds an update; where nothing waits, nothing goes.
std::string what_follows(const SeenWorkload& before) {
  constexpr std::array kOpened{"settle", "backoff", "health", "retry"};
  std::string text;
  for (const SeenGate& gate : before.gates) {
    if (std::ranges::find(kOpened, gate.gate) != kOpened.end()) continue;
    text += "; it is still held by `" + gate.gate + "`: " + gate.reason;
  }
  if (before.pending_since.empty() && before.next_update.empty()) return "; nothing waits" + text;
  return text.empty() ? ", and what waited for settle, backoff, health or retry may go" : text;
}

}  // namespace

int release(const ReleaseOptions& options, std::ostream& out, std::ostream& err) {
  if (!options.socket_given && ::access(options.admin_socket.c_str(), F_OK) != 0) {
    err << "ebbgate release: there is neither a configuration file here nor the admin socket "
        << printable(options.admin_socket)
        << ": name the running ebbgate's configuration with --config, or its socket with "
           "--admin_socket\n";
    return kFailed;
  }
  if (options.by_flag && options.admin_socket.empty()) {
    err << "ebbgate release: --admin_socket is empty; name the socket of the running ebbgate, or "
           "leave the flag out\n";
    return kWrongUsage;
  }
  ApiClient client = ApiClient::at_admin_socket(options.admin_socket);
  WorkloadKey key;
  Answer answer = resolve(client, options.workload, key);
  Answer before;
  if (answer.error.empty()) before = client.get(path_of(key));
  if (answer.error.empty()) answer = client.post(path_of(key) + "/release");
  if (!answer.error.empty()) {
    const std::string more = answer.status == 404 ? client.nearest_to(key) : "";
    err << "ebbgate release: " << printable(answer.error + more) << "\n";
    return answer.exit_code;
  }
  const auto seen = nlohmann::json::parse(before.body, nullptr, false);
  const bool known = before.error.empty() && seen.is_object();
  out << "released " << printable(key.text()) << ": its level is forgiven"
      << printable(known ? what_follows(workload_from(seen)) : "") << "\n";
  return kFine;
}

}  // namespace ebbgate::commands
