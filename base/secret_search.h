#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ebbgate {

/// What of a text is secret.
class FoundSecrets final {
 public:
  /// The bytes of the text from `begin` to `end`, with a mask for each secret that is within them,
  /// in part or as a whole. The text is the one that was searched.
  std::string masked(std::string_view text, std::size_t begin, std::size_t end) const;
  /// Where a secret may begin of which the text has the beginning only, as it is encoded and
  /// broken into lines; otherwise the end of the text.
  std::size_t settled() const { return settled_; }

 private:
  friend class SecretSearch;
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Span> spans_;  // in order, none within another
  std::size_t settled_ = 0;
};

/// Finds secrets in what others say, and masks them: also where they are escaped as in a URL, in
/// JSON, in HTML, in C or in a shell, where they are encoded as base64 or hexadecimal, with line
/// breaks or separators in it, and where what is known is the base64 of a user and a password and
/// they are told decoded.
///
/// This is for texts that must be shown. A form that nobody thought of is not found, so where a
/// text can be done without, it should not be shown at all.
///
/// A text is to be cut after the search, not before it.
class SecretSearch final {
 public:
  SecretSearch() = default;
  explicit SecretSearch(const std::vector<std::string>& secrets);

  /// All that is there. The whole text is secret where one is too short to be told from other text.
  FoundSecrets find(std::string_view text) const;
  /// The text without them.
  std::string masked(std::string_view text) const;
  /// The same of its first `most` bytes, for a text that may be very long.
  std::string masked_beginning(std::string_view text, std::size_t most) const;
  /// No form that is found has more bytes. Of a text that is not whole, so many bytes at the side
  /// where it was cut are to be searched, but not shown: a secret may be cut there.
  std::size_t longest() const { return longest_; }

 private:
  struct Pattern {
    enum class Kind { escaped, base64, hexadecimal };
    Kind kind = Kind::escaped;
    std::string text;
  };
  void add(std::string_view secret);
  void add_line(std::string_view line);
  void add_forms(std::string_view secret);
  void add_pattern(Pattern::Kind kind, std::string text);
  std::size_t length_at(std::string_view text, std::size_t at, bool& open) const;

  std::vector<Pattern> patterns_;
  std::size_t longest_ = 0;
  bool hopeless_ = false;
};

}  // namespace ebbgate
