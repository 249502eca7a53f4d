#include "controller/commands/names.h"

#include <unistd.h>

#include <csignal>

#include <nlohmann/json.hpp>

#include "base/unicode.h"

namespace ebbgate::commands {

void end_after(std::chrono::seconds limit) {
  struct sigaction action {};
  action.sa_handler = [](int) { ::_exit(kFailed); };
  ::sigaction(SIGALRM, &action, nullptr);
  sigset_t alarms;
  ::sigemptyset(&alarms);
  ::sigaddset(&alarms, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
  ::alarm(static_cast<unsigned>(limit.count()));
}

int print_names(const std::string& url, std::ostream& out, const Patience& patience) {
  nlohmann::json items;
  if (!ApiClient::at_url(url, patience).all_workloads(items).error.empty()) return kFailed;
  std::string text;
  try {
    for (const nlohmann::json& item : items) {
      const WorkloadKey key{item.at("namespace"), item.at("kind"), item.at("name")};
      if (printable(key.text()) == key.text()) text += key.text() + "\n";
    }
  } catch (const nlohmann::json::exception&) {
    return kFailed;
  }
  out << text << std::flush;
  return kFine;
}

}  // namespace ebbgate::commands
