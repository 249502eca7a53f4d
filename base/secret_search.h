#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ebbgate {

/// Finds secrets in what others say, and masks them: also where they are escaped as in a URL, in
/// JSON, in HTML or in C, where they are encoded as base64 or hexadecimal, and where what is known
/// is the base64 of a user and a password and they are told decoded.
///
/// This is for texts that must be shown. A form that nobody thought of is not found, so where a
/// text can be done without, it should not be shown at all.
class SecretSearch final {
 public:
  SecretSearch() = default;
  explicit SecretSearch(const std::vector<std::string>& secrets);

  /// The text without them; nothing but a mask where one is too short to be told from other text.
  std::string masked(std::string_view text) const;
  /// How many bytes a text must have more than is shown of it, so that none is cut and not found.
  std::size_t longest() const { return longest_; }

 private:
  void add(std::string_view secret);
  void add_forms(std::string_view secret);
  std::size_t length_at(std::string_view text, std::size_t at) const;

  std::vector<std::string> patterns_;
  std::size_t longest_ = 0;
  bool hopeless_ = false;
};

}  // namespace ebbgate
