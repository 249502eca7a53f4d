#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret_search.h"

namespace ebbgate {

/// The last bytes of a text that comes in pieces and may be long, without secrets. Of one that
/// began before these bytes nothing is shown, either.
class MaskedTail final {
 public:
  MaskedTail(std::size_t most, SecretSearch secrets) : most_(most), secrets_(std::move(secrets)) {}

  void add(std::string_view bytes);
  /// What is left of the last `most` bytes, with masks in it.
  std::string text() const;

 private:
  std::size_t most_;
  SecretSearch secrets_;
  std::string end_;  // with as much before it as a secret may have that reaches into it
};

}  // namespace ebbgate
