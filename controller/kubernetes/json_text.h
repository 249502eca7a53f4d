#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace ebbgate::kubernetes {

/// The text of a member; empty where there is none, or something else.
inline std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace ebbgate::kubernetes
