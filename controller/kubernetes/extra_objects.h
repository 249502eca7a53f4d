#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/kubernetes/config_reference.h"

namespace ebbgate::kubernetes {

/// What an annotation that names further objects says.
struct ExtraObjects {
  std::vector<ConfigReference> objects;  ///< all required
  std::vector<std::string> misread;      ///< entries that name nothing
};

/// Reads `name`, `namespace/name` and either with `:key`, comma-separated; blanks around them and
/// empty entries count for nothing.
ExtraObjects read_extra_objects(std::string_view list, ConfigKind kind,
                                const std::string& own_namespace);

}  // namespace ebbgate::kubernetes
