#pragma once

#include <string_view>

namespace ebbgate::kubernetes {

/// What Kubernetes takes as the name of a ConfigMap or Secret, of a namespace, and of a key in
/// `data`. Nothing else can exist.
bool is_object_name(std::string_view text);
bool is_namespace_name(std::string_view text);
bool is_data_key(std::string_view text);

}  // namespace ebbgate::kubernetes
