#include "controller/commands/names.h"

#include <nlohmann/json.hpp>

#include "controller/commands/api_client.h"
#include "controller/commands/display_text.h"

namespace ebbgate::commands {

namespace {

constexpr Patience kQuick{std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};

}  // namespace

int print_names(const std::string& url, std::ostream& out) {
  nlohmann::json items;
  if (!ApiClient::at_url(url, kQuick).all_workloads(items).error.empty()) return kFailed;
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
