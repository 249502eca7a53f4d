#include <string>

#include <doctest/doctest.h>

#include "tests/unit/configuration/loading.h"

using ebbgate::testing::errors_of;

TEST_CASE("an unknown key is named with the nearest known one") {
  CHECK(errors_of("backof: {max: 5m}\n") ==
        "ebbgate.yaml:1: backof: is an unknown key; did you mean backoff?");
}
