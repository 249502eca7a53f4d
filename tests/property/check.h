#pragma once

#include <functional>
#include <string>

#include <rapidcheck.h>

#include "tests/property/world/world.h"

namespace ebbgate::property {

/// Checks a property on many random cases, always the same ones: RC_PARAMS (seed=…, max_success=…)
/// varies them, EBBGATE_PROPERTY_CASES says how many. Prints what was drawn when it fails.
bool holds(const std::string& name, const std::function<void()>& property);

/// Runs the history; the property fails with what happened against the promise.
void expect_kept(const World& world, Promise promise);

}  // namespace ebbgate::property
