#include "base/workload_key.h"

#include <doctest/doctest.h>

using ebbgate::WorkloadKey;

TEST_CASE("a workload is written NAMESPACE/KIND/NAME") {
  const auto key = WorkloadKey::parse("default/Deployment/web");
  REQUIRE(key.has_value());
  CHECK(key->kind == "Deployment");
  CHECK(key->text() == "default/Deployment/web");
}

TEST_CASE("anything but three parts is no workload") {
  for (const char* text : {"", "web", "default/web", "a//b", "/a/b", "a/b/", "a/b/c/d"}) {
    CAPTURE(text);
    CHECK_FALSE(WorkloadKey::parse(text).has_value());
  }
}
