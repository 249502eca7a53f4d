#include "controller/durability.h"

#include <algorithm>

namespace ebbgate {

void Durability::submitted(storage::Sequence sequence, BootTime now) {
  unanswered_.push_back({sequence, now});
}

std::vector<Durability::Waiting> Durability::free_up_to(storage::Sequence sequence) {
  std::vector<Waiting> freed;
  while (!waiting_.empty() && waiting_.front().sequence <= sequence) {
    freed.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return freed;
}

std::vector<Durability::Waiting> Durability::committed(storage::Sequence sequence, BootTime now) {
  while (!unanswered_.empty() && unanswered_.front().sequence <= sequence) unanswered_.pop_front();
  if (unanswered_.empty() || now - unanswered_.front().at < kPatience) {
    degraded_ = false;
    reason_.clear();
  }
  return free_up_to(sequence);
}

void Durability::commit_failed(const std::string& error) {
  degraded_ = true;
  reason_ = error;
}

std::vector<Durability::Waiting> Durability::marked_lost(bool durable, BootTime now) {
  if (!mark_asked_for_) return {};
  const storage::Sequence sequence = *mark_asked_for_;
  mark_asked_for_.reset();
  if (durable) return free_up_to(sequence);
  next_mark_ = now + kPatience;
  return {};
}

bool Durability::turn(BootTime now) {
  if (!degraded_ && !unanswered_.empty() && now - unanswered_.front().at >= kPatience) {
    degraded_ = true;
    reason_ = "a commit has had no answer for a second; is the disk of the database hanging?";
  }
  if (!degraded_ || mark_asked_for_ || waiting_.empty() || now < next_mark_) return false;
  mark_asked_for_ = waiting_.back().sequence;
  return true;
}

std::optional<BootTime> Durability::next_turn() const {
  if (degraded_) {
    if (mark_asked_for_ || waiting_.empty()) return std::nullopt;
    return next_mark_;
  }
  if (unanswered_.empty()) return std::nullopt;
  return unanswered_.front().at + kPatience;
}

}  // namespace ebbgate
