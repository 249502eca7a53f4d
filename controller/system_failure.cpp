#include "controller/system_failure.h"

#include <unistd.h>

#include <system_error>

namespace ebbgate {

namespace {

std::string remedy(const std::error_code& code) {
  const std::error_condition condition = code.default_error_condition();
  if (condition == std::errc::permission_denied ||
      condition == std::errc::operation_not_permitted) {
    return "; let this user (" + std::to_string(::geteuid()) +
           ") read and write the file and its folder, or run this as the user whom they belong to";
  }
  if (condition == std::errc::read_only_file_system) {
    return "; name a place that can be written";
  }
  if (condition == std::errc::no_such_file_or_directory) {
    return "; create its folder, or name another place";
  }
  if (condition == std::errc::no_space_on_device) return "; make room there";
  return "";
}

}  // namespace

std::string told(const std::exception& failure) {
  const auto* const system = dynamic_cast<const std::system_error*>(&failure);
  return std::string(failure.what()) + (system == nullptr ? "" : remedy(system->code()));
}

}  // namespace ebbgate
