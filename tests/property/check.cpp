#include "tests/property/check.h"

#include <cstdlib>

namespace ebbgate::property {

namespace {

// Sanitizers make a case some ten times dearer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kCases = "300";
#else
constexpr const char* kCases = "2000";
#endif

}  // namespace

bool holds(const std::string& name, const std::function<void()>& property) {
  const char* cases = std::getenv("EBBGATE_PROPERTY_CASES");
  const std::string parameters =
      std::string("seed=20240229 max_success=") + (cases != nullptr ? cases : kCases);
  setenv("RC_PARAMS", parameters.c_str(), 0);
  return rc::check(name, property);
}

void expect_kept(const World& world, Promise promise) {
  if (!world.broken(promise).empty()) RC_FAIL(world.broken(promise).front());
}

}  // namespace ebbgate::property
