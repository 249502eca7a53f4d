#include "tests/unit/configuration/loading.h"

#include <stdlib.h>

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>

namespace ebbgate::testing {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "ebbgate-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

configuration::LoadResult load_text(const std::string& yaml, const Flags& flags,
                                    const Variables& variables) {
  const TemporaryFolder folder;
  folder.write("ebbgate.yaml", yaml);
  return configuration::load({"ebbgate.yaml", flags, variables, folder.path()});
}

Settings loaded(const std::string& yaml, const Flags& flags) {
  const configuration::LoadResult result = load_text(yaml, flags);
  for (const std::string& error : result.errors) MESSAGE(error);
  REQUIRE(result.settings.has_value());
  return *result.settings;
}

std::string errors_of(const std::string& yaml, const Flags& flags, const Variables& variables) {
  std::string text;
  for (const std::string& error : load_text(yaml, flags, variables).errors) {
    text += (text.empty() ? "" : "\n") + error;
  }
  return text;
}

std::string workload_errors(const std::string& lines) {
  return errors_of("local:\n  workloads:\n    - name: web\n      watch: [app.yaml]\n" + lines);
}

}  // namespace ebbgate::testing
