#include "controller/check.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/in_time.h"
#include "base/text.h"
#include "controller/configuration/effective.h"
#include "controller/configuration/problems.h"
#include "controller/presence.h"
#include "controller/system_failure.h"
#include "storage/inspect.h"

namespace ebbgate {

namespace {

constexpr Duration kPatienceForLook = std::chrono::seconds(30);

std::string state(const storage::Inspection& found) {
  switch (found.found) {
    case storage::Found::fresh:
      return "none yet";
    case storage::Found::lost:
      return "lost (" + found.reason + "); workloads would start at backoff.unknown_level";
    case storage::Found::restored:
      return "a copy that was put in place, schema version " +
             std::to_string(found.schema_version.value_or(0)) + ", " +
             std::to_string(found.workloads) +
             " workloads; they would start at backoff.unknown_level, or at their level in the copy "
             "where that is higher";
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

struct Looked {
  std::optional<storage::Inspection> found;
  std::string error;
  bool misnamed = false;  // what is to be mended is the configuration
};

Looked look_at_store(const Settings& settings) {
  storage::DatabaseOptions database;
  database.file = settings.database;
  database.provider = settings.provider;
  database.boot_id = boot_id();
  auto looked = in_time<Looked>(kPatienceForLook, [database]() -> Looked {
    try {
      return {storage::inspect_store(database), ""};
    } catch (const storage::CannotOpen& error) {
      return {std::nullopt, error.what(), error.why() == storage::CannotOpen::Why::misnamed};
    } catch (const std::exception& error) {
      return {std::nullopt, told(error)};
    }
  });
  if (looked) return std::move(*looked);
  return {std::nullopt, settings.database + " cannot be looked at within " +
                            format_duration(kPatienceForLook) +
                            "; its file system does not answer: mend that, or set `database`"};
}

}  // namespace

int check(const configuration::LoadResult& loaded, std::ostream& out, std::ostream& err) {
  for (const std::string& error : loaded.errors) err << error << "\n";
  if (!loaded.settings) {
    for (const std::string& warning : loaded.warnings) err << "warning: " << warning << "\n";
    return 2;
  }
  const Settings& settings = *loaded.settings;
  const Looked looked = look_at_store(settings);
  const bool refused = !looked.found || !looked.found->refusal.empty();
  if (refused) {
    err << (looked.found ? looked.found->refusal : looked.error) << "\n";
  } else {
    out << "# state in " << settings.database << ": " << state(*looked.found) << user(*looked.found)
        << "\n";
  }
  out << configuration::effective_yaml(settings) << std::flush;
  std::vector<std::string> warnings;
  if (!refused && (looked.found->found == storage::Found::lost ||
                   looked.found->found == storage::Found::restored)) {
    warnings.push_back("database: the state in " + settings.database + " is " +
                       state(*looked.found));
  }
  warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  for (std::string& absent : what_is_absent(loaded.paths)) warnings.push_back(std::move(absent));
  const std::size_t shown = std::min(warnings.size(), configuration::kMostProblems);
  for (std::size_t i = 0; i < shown; ++i) err << "warning: " << warnings[i] << "\n";
  if (shown < warnings.size()) {
    err << "warning: and " << warnings.size() - shown << " more; mend these first\n";
  }
  if (!warnings.empty()) err << "warnings: " << warnings.size() << "\n";
  if (looked.misnamed) return 2;
  return refused ? 1 : 0;
}

}  // namespace ebbgate
