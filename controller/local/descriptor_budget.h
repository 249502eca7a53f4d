#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"

namespace ebbgate::local {

/// How many descriptors the attempts (updates and probes) may hold together, and who gets them when
/// they are few: attempts that hang must not keep those of other workloads from beginning.
///
/// The less is known to speak for an attempt, the more it leaves to others. One whose last run was
/// ended by its time-out gets half of what strangers get; strangers leave a quarter to those whose
/// last run ended soon; and all of them leave what one attempt takes to whoever comes while nothing
/// else moves, and was not turned away before. So each workload that hangs is in the way of others
/// once, for at most its time-out. An attempt that is not urgent gets half of what hung ones get,
/// whatever is known of it.
///
/// Belongs to one thread, but for the shares.
class DescriptorBudget final {
 public:
  /// What a command takes while it is begun; no attempt takes more.
  static constexpr std::size_t kOneAttempt = 4;
  static constexpr Duration kStandstill = std::chrono::seconds(2);

  /// Descriptors that an attempt holds; given back with it. Any thread; may outlive the budget.
  class Share final {
   public:
    Share(std::shared_ptr<std::atomic<std::size_t>> used, std::size_t count);
    ~Share() { shrink(0); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    /// It holds so many from now on, which are no more than before. One thread at a time.
    void shrink(std::size_t count);

   private:
    const std::shared_ptr<std::atomic<std::size_t>> used_;
    std::size_t count_;
  };

  explicit DescriptorBudget(std::size_t all);

  enum class Urgency { usual, none };
  /// Null: there is no room now for this one, who is to try again later.
  std::shared_ptr<Share> take(const std::string& who, std::size_t count, BootTime now,
                              Urgency urgency = Urgency::usual);

  /// How a run went.
  enum class Run { quick, slow, hung };
  void ended(const std::string& who, Run run);
  void forget(const std::string& who);

  std::size_t all() const { return all_; }

 private:
  // How many may be in use, this one's included, when it begins.
  std::size_t limit(const std::string& who, BootTime now) const;

  const std::size_t all_;
  const std::size_t of_known_;
  const std::size_t of_strangers_;
  const std::size_t of_hung_;
  const std::size_t of_not_urgent_;
  const std::shared_ptr<std::atomic<std::size_t>> used_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  std::map<std::string, Run> last_runs_;  // never slow: that says nothing
  std::set<std::string> turned_away_;     // and not ended since
  std::optional<BootTime> last_taken_;    // not counting what is kept from strangers
};

}  // namespace ebbgate::local
