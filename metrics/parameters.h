#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/workload_key.h"
#include "metrics/http.h"

namespace ebbgate::metrics {

/// Reads a query's parameters; the first thing that is wrong becomes its error. A parameter without
/// a value counts as not given.
class Parameters final {
 public:
  explicit Parameters(const Request& request) : left_(request.parameters) {}

  std::string text(const std::string& name);
  std::optional<WorkloadKey> workload(const std::string& name);
  /// `limit`, from 1 to `most`.
  std::size_t limit(std::size_t standard, std::size_t most);
  /// Words with commas between them.
  std::vector<std::string> words(const std::string& name);
  /// true or false; false where it is not given.
  bool flag(const std::string& name);

  void fail(std::string message);
  /// Empty: all is well, and nothing is left that nobody asked for.
  std::string error();

 private:
  std::map<std::string, std::string> left_;
  std::string error_;
};

}  // namespace ebbgate::metrics
