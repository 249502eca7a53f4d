#include "controller/commands/release.h"

#include <unistd.h>

#include "base/unicode.h"
#include "controller/commands/api_client.h"

namespace ebbgate::commands {

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
  if (answer.error.empty()) answer = client.post(path_of(key) + "/release");
  if (!answer.error.empty()) {
    const std::string more = answer.status == 404 ? client.nearest_to(key) : "";
    err << "ebbgate release: " << printable(answer.error + more) << "\n";
    return answer.exit_code;
  }
  out << "released " << printable(key.text())
      << ": its level is forgiven, and what waited for settle, backoff, health or retry may go\n";
  return kFine;
}

}  // namespace ebbgate::commands
