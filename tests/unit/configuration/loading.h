#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/configuration/load.h"

namespace ebbgate::testing {

/// A folder of its own that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

using Flags = std::vector<std::pair<std::string, std::string>>;
using Variables = std::map<std::string, std::string>;

/// Loads `yaml` as a file that messages call ebbgate.yaml.
configuration::LoadResult load_text(const std::string& yaml, const Flags& flags = {},
                                    const Variables& variables = {});

/// The settings of that, which must be right.
Settings loaded(const std::string& yaml, const Flags& flags = {});

/// The errors of that, one a line.
std::string errors_of(const std::string& yaml, const Flags& flags = {},
                      const Variables& variables = {});

/// The error of a file whose one workload is valid but for `lines` (indented by 6, from line 5 on).
std::string workload_errors(const std::string& lines);

}  // namespace ebbgate::testing
