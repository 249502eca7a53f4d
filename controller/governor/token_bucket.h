#pragma once

#include <optional>

#include "base/clock.h"
#include "controller/governor/limits.h"

namespace ebbgate::governor {

/// The budget that all updates share. It never blocks: it says when the next token is there.
class TokenBucket {
 public:
  /// `tokens` are those at `at`, cut to the burst.
  TokenBucket(BudgetSettings settings, double tokens, BootTime at);

  /// New settings: what was earned so far stays, up to the new burst.
  void configure(const BudgetSettings& settings, BootTime now);

  /// Whether no token will ever come as long as the settings are these (rate 0).
  bool stopped() const { return settings_.rate && *settings_.rate <= 0; }
  /// Whether take() would succeed.
  bool available(BootTime now) const;
  /// Takes one token; false when there is none.
  bool take(BootTime now);
  /// Gives one back, never above the burst: nothing was sent for it.
  void give_back(BootTime now);
  /// When a token is there: `now` or later; nothing when never (rate 0).
  std::optional<BootTime> next(BootTime now) const;

  double tokens(BootTime now) const;
  const BudgetSettings& settings() const { return settings_; }

 private:
  BudgetSettings settings_;
  double tokens_;
  BootTime at_;
};

}  // namespace ebbgate::governor
