#pragma once

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "metrics/api.h"
#include "tests/unit/metrics/fake_feedback.h"
#include "tests/unit/metrics/fake_source.h"

namespace ebbgate::metrics::test {

/// The API of a controller whose answers the test sets.
struct Served {
  FakeSource source;
  FakeFeedback feedback;
  SystemClock clock;
  Handler everybody = handler(Access::read_only);
  Handler admin = handler(Access::admin);

  Handler handler(Access access) {
    return api_handler(
        source, feedback, [] { return std::string("metrics\n"); }, clock, access);
  }

  Reply get(const std::string& path, const std::map<std::string, std::string>& parameters = {},
            const std::string& if_none_match = "") const {
    return everybody({"GET", path, parameters, if_none_match, ""});
  }
};

inline std::string header(const Reply& reply, const std::string& name) {
  for (const auto& [found, value] : reply.headers) {
    if (found == name) return value;
  }
  return "";
}

inline std::string error_of(const Reply& reply) {
  CHECK(reply.content_type == "application/json");
  return nlohmann::json::parse(reply.body).at("error");
}

inline std::vector<std::string> names(const nlohmann::json& list) {
  std::vector<std::string> found;
  for (const auto& item : list.at("items")) found.push_back(item.at("name"));
  return found;
}

}  // namespace ebbgate::metrics::test
