#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ebbgate {

/// A SHA-256 value.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;

  /// 64 lower-case hexadecimal digits.
  std::string hex() const;
  /// Nothing when `text` is not 64 hexadecimal digits.
  static std::optional<Digest> from_hex(std::string_view text);
};

/// SHA-256 over what is added piece by piece. Not to be shared between threads.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& add(std::string_view bytes);
  /// Adds the length (8 bytes, little-endian), then the bytes: two lists of fields never look
  /// alike.
  Sha256& add_field(std::string_view bytes);
  /// May be called once.
  Digest finish();

 private:
  void* context_;
};

Digest sha256(std::string_view bytes);

}  // namespace ebbgate
