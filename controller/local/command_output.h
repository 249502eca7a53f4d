#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/masked_tail.h"
#include "base/secret_search.h"

namespace ebbgate::local {

/// Turns what a command prints into log lines: each with a prefix, at most `kMaxLines` of them and
/// `kMaxBytes` in all, then one that counts what was left out. Control characters and what is not
/// UTF-8 are written as `\xNN`, so that no output can forge a line or steer a terminal. Secrets are
/// masked; a line that may end within one is logged only when the next one has come. The last lines
/// are kept, however much came before them.
class CommandOutput final {
 public:
  using Log = std::function<void(const std::string& line)>;
  static constexpr std::size_t kMaxLines = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kLastLines = 5;
  static constexpr std::size_t kLastBytes = 900;

  CommandOutput(std::string prefix, Log log, SecretSearch secrets = {})
      : prefix_(std::move(prefix)),
        log_(std::move(log)),
        secrets_(std::move(secrets)),
        tail_(2 * kLastBytes, secrets_) {}

  void add(std::string_view bytes);
  /// Says what is still unsaid. Nothing may be added afterwards.
  void finish();
  /// The last lines that are not empty, as one line with ` | ` between them, escaped; the end of
  /// them where they are long.
  std::string last_lines() const;

 private:
  bool is_full() const { return lines_ >= kMaxLines || bytes_ >= kMaxBytes; }
  std::size_t room() const;
  void say(bool all);

  std::string prefix_;
  Log log_;
  SecretSearch secrets_;
  MaskedTail tail_;
  std::string text_;       // what is still unsaid, behind what a secret may have before it
  std::size_t begin_ = 0;  // of what is still unsaid
  std::size_t lines_ = 0;  // that were logged
  std::size_t bytes_ = 0;  // that they had
  std::size_t told_ = 0;   // the same with line breaks
  std::size_t total_ = 0;  // bytes that came
};

}  // namespace ebbgate::local
