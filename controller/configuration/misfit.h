#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/settings.h"

namespace ebbgate::configuration {

/// What governor::validate() says of one setting, and which other settings have to do with it: the
/// one to blame is the one that somebody set.
class Misfit {
 public:
  /// `message` as validate() returns it: `key: what is wrong`.
  explicit Misfit(std::string_view message);

  /// The setting, then the others.
  const std::vector<std::string>& keys() const { return keys_; }
  /// The first of keys() for which `is_set`; empty when there is none.
  std::string to_blame(const std::function<bool(const std::string&)>& is_set) const;
  /// What is wrong with `blamed`, one of keys(), where `values` are in force.
  std::string message_for(const std::string& blamed, const Settings& values) const;

 private:
  std::vector<std::string> keys_;
  std::string text_;
};

}  // namespace ebbgate::configuration
