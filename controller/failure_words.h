#pragma once

#include <string_view>

#include "controller/governor/failure_cause.h"

namespace ebbgate {

/// What people are told of a cause.
struct FailureWords {
  std::string_view what;   ///< a sentence: what went wrong
  std::string_view to_do;  ///< a sentence
};

FailureWords words_of(FailureCause cause);

}  // namespace ebbgate
