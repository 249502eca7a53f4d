#pragma once

#include <optional>
#include <string_view>

#include "base/digest.h"
#include "controller/kubernetes/json_reader.h"

namespace ebbgate::kubernetes {

/// What the keys of all of Ebbgate's annotations begin with.
inline constexpr std::string_view kAnnotationPrefix = "ebbgate.io/";

/// Digest of a pod template by what it means: the order of members, members that are null, and how
/// texts are escaped count for nothing, nor do Ebbgate's own annotations (where only those are
/// there, it is as if there were none). Nothing where it is malformed or nested without end.
std::optional<Digest> template_digest(const JsonReader& reader, JsonReader::Object& pod_template);

}  // namespace ebbgate::kubernetes
