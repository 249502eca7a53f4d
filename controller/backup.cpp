#include "controller/backup.h"

#include <exception>
#include <ostream>

#include "base/unicode.h"
#include "controller/system_failure.h"
#include "storage/database_copy.h"

namespace ebbgate {

int backup(const Settings& settings, const std::string& file, bool overwrite, std::ostream& out,
           std::ostream& err) {
  storage::DatabaseOptions database;
  database.file = settings.database;
  try {
    storage::copy_database(database, file, overwrite);
  } catch (const storage::CannotOpen& error) {
    err << "ebbgate backup: " << printable(error.what()) << "\n";
    return error.why() == storage::CannotOpen::Why::misnamed ? 2 : 1;
  } catch (const std::exception& error) {
    err << "ebbgate backup: " << printable(told(error)) << "\n";
    return 1;
  }
  out << "copied " << printable(settings.database) << " to " << printable(file) << "\n";
  return 0;
}

}  // namespace ebbgate
