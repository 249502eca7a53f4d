#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret_search.h"

namespace ebbgate::local {

/// Turns what a command prints into log lines: each with a prefix, at most `kMaxLines` of them and
/// `kMaxBytes` in all, then one that counts what was left out. Control characters and what is not
/// UTF-8 are written as `\xNN`, so that no output can forge a line or steer a terminal. Secrets are
/// masked. Its last lines are kept, however much came before them.
class CommandOutput final {
 public:
  using Log = std::function<void(const std::string& line)>;
  static constexpr std::size_t kMaxLines = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kLastLines = 5;
  static constexpr std::size_t kLastBytes = 900;

  CommandOutput(std::string prefix, Log log, SecretSearch secrets = {})
      : prefix_(std::move(prefix)), log_(std::move(log)), secrets_(std::move(secrets)) {}

  void add(std::string_view bytes);
  /// Says what is still unsaid. Nothing may be added afterwards.
  void finish();
  /// The last lines that are not empty, as one line with ` | ` between them, escaped; the end of
  /// them where they are long.
  std::string last_lines() const;

 private:
  void keep(std::string_view bytes);
  std::size_t kept() const { return 2 * kLastBytes + secrets_.longest(); }
  void end_line();
  std::string shown(std::string_view line) const;

  std::string prefix_;
  Log log_;
  SecretSearch secrets_;
  std::string line_;
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
  std::size_t left_out_ = 0;
  std::string end_;      // of what came, kept() at most
  bool is_cut_ = false;  // `end_` is not all
};

}  // namespace ebbgate::local
