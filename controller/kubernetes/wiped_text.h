#pragma once

#include <string>

namespace ebbgate::kubernetes {

/// A text that may hold the values of Secrets, for as long as it is parsed: nothing of it is left
/// in memory afterwards.
class WipedText final {
 public:
  /// Makes room for what a parser pads, so that it need not be copied behind our back.
  explicit WipedText(std::string& text);
  ~WipedText();
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;

 private:
  std::string& text_;
};

}  // namespace ebbgate::kubernetes
