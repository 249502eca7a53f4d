#include "controller/local/descriptor_budget.h"

#include <algorithm>
#include <utility>

namespace ebbgate::local {
namespace {

// One attempt at least must always be possible.
std::size_t without(std::size_t all, std::size_t kept) {
  return std::max(all - std::min(all, kept), DescriptorBudget::kOneAttempt);
}

}  // namespace

DescriptorBudget::Share::Share(std::shared_ptr<std::atomic<std::size_t>> used, std::size_t count)
    : used_(std::move(used)), count_(count) {
  *used_ += count_;
}

void DescriptorBudget::Share::shrink(std::size_t count) {
  count = std::min(count, count_);
  *used_ -= std::exchange(count_, count) - count;
}

DescriptorBudget::DescriptorBudget(std::size_t all)
    : all_(std::max(all, kOneAttempt)),
      of_known_(without(all_, kOneAttempt)),
      of_strangers_(without(all_, std::max(all_ / 4, kOneAttempt))),
      of_hung_(std::max(of_strangers_ / 2, kOneAttempt)),
      of_not_urgent_(std::max(of_hung_ / 2, kOneAttempt)) {}

std::size_t DescriptorBudget::limit(const std::string& who, BootTime now) const {
  const auto last = last_runs_.find(who);
  const bool known = last != last_runs_.end();
  if (known && last->second == Run::hung) return of_hung_;
  const bool nothing_moves = last_taken_ && now - *last_taken_ >= kStandstill;
  if (nothing_moves && !turned_away_.contains(who)) return all_;
  return known ? of_known_ : of_strangers_;
}

std::shared_ptr<DescriptorBudget::Share> DescriptorBudget::take(const std::string& who,
                                                                std::size_t count, BootTime now,
                                                                Urgency urgency) {
  const std::size_t wanted = *used_ + count;
  if (urgency == Urgency::none) {
    return wanted > of_not_urgent_ ? nullptr : std::make_shared<Share>(used_, count);
  }
  if (wanted > limit(who, now)) {
    turned_away_.insert(who);
    return nullptr;
  }
  if (wanted <= of_strangers_) last_taken_ = now;
  return std::make_shared<Share>(used_, count);
}

void DescriptorBudget::ended(const std::string& who, Run run) {
  turned_away_.erase(who);
  if (run == Run::slow) {
    last_runs_.erase(who);
  } else {
    last_runs_[who] = run;
  }
}

void DescriptorBudget::forget(const std::string& who) {
  turned_away_.erase(who);
  last_runs_.erase(who);
}

}  // namespace ebbgate::local
