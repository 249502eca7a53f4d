#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ebbgate::metrics::test {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct Family {
  std::string help;
  std::string type;
  std::vector<Sample> samples;  ///< in the order of the text
};

/// The text format 0.0.4, read strictly: throws std::runtime_error, which fails a test, on a line
/// that is none, a family that comes twice or in pieces, a sample without HELP and TYPE before it
/// or outside its family, and a series that comes twice.
std::map<std::string, Family> parse_exposition(std::string_view text);

}  // namespace ebbgate::metrics::test
