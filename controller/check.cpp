#include "controller/check.h"

#include <exception>
#include <ostream>
#include <string>

#include "controller/configuration/effective.h"
#include "storage/inspect.h"

namespace ebbgate {

namespace {

std::string state(const storage::Inspection& found) {
  switch (found.found) {
    case storage::Found::fresh:
      return "none yet";
    case storage::Found::lost:
      return "lost (" + found.reason + "); workloads would start at backoff.unknown_level";
    case storage::Found::good:
      return "good, schema version " + std::to_string(found.schema_version.value_or(0)) + ", " +
             std::to_string(found.workloads) + " workloads, highest level " +
             std::to_string(found.highest_level);
  }
  return "";
}

std::string user(const storage::Inspection& found) {
  if (!found.in_use) return "";
  return found.holder ? "; in use by process " + std::to_string(*found.holder)
                      : "; in use by another process";
}

}  // namespace

int check(const configuration::LoadResult& loaded, std::ostream& out, std::ostream& err) {
  for (const std::string& warning : loaded.warnings) err << "warning: " << warning << "\n";
  for (const std::string& error : loaded.errors) err << error << "\n";
  if (!loaded.settings) return 2;
  const Settings& settings = *loaded.settings;
  storage::DatabaseOptions database;
  database.file = settings.database;
  database.provider = settings.provider;
  database.boot_id = boot_id();
  int exit_code = 0;
  try {
    const storage::Inspection found = storage::inspect_store(database);
    if (found.refusal.empty()) {
      out << "# state in " << settings.database << ": " << state(found) << user(found) << "\n";
    } else {
      err << found.refusal << "\n";
      exit_code = 1;
    }
  } catch (const std::exception& error) {
    err << error.what() << "\n";
    exit_code = 1;
  }
  out << configuration::effective_yaml(settings);
  return exit_code;
}

}  // namespace ebbgate
