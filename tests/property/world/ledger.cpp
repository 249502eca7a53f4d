#include "tests/property/world/ledger.h"

namespace ebbgate::property {

Ledger::Seen Ledger::observed(const Contents& contents, bool adopt) {
  Seen result;
  if (!known_) {
    known_ = true;
    known_durable_ = false;
    excused_ = false;
    applied_.reset();
    or_has_.reset();
    if (adopt) applied_ = contents;
  } else if (comes_back_as_it_is_) {
    // Either way is right: taken as it is, or updated once.
    or_has_ = applied_ ? std::optional(over_the_set_of(contents, *applied_)) : std::nullopt;
    applied_ = contents;
    excused_ = true;
  } else {
    if (applied_) applied_ = over_the_set_of(contents, *applied_);
    if (or_has_) or_has_ = over_the_set_of(contents, *or_has_);
    if (sent_) sent_ = over_the_set_of(contents, *sent_);
    const std::optional<Contents>& before = seen_ ? seen_ : applied_;
    result.changed = before && over_the_set_of(contents, *before) != contents;
  }
  comes_back_as_it_is_ = false;
  seen_ = contents;
  result.differs = !has(contents);
  return result;
}

void Ledger::comes_back(bool maybe_forgotten) {
  gone_ = false;
  seen_.reset();
  comes_back_as_it_is_ = maybe_forgotten;
  if (maybe_forgotten) known_durable_ = false;
}

void Ledger::answered() {
  open_ = false;
  answer_durable_ = false;
  sent_.reset();
}

void Ledger::called_off() {
  answered();
}

std::optional<std::string> Ledger::sent() {
  sent_ = seen_;
  used_excuse_ = false;
  if (!has(*seen_)) return std::nullopt;
  if (!excused_) return "the workload has that content already";
  excused_ = false;
  used_excuse_ = true;
  return std::nullopt;
}

void Ledger::effect() {
  if (sent_) applied_ = sent_;
  or_has_.reset();
}

void Ledger::applied() {
  answered();
  excused_ = false;
}

void Ledger::unknown() {
  answered();
  excused_ = true;
}

void Ledger::refused() {
  answered();
  excused_ = excused_ || used_excuse_;
  used_excuse_ = false;
}

void Ledger::durable() {
  known_durable_ = known_;
  answer_durable_ = true;
  durable_ = applied_;
}

void Ledger::process_ended() {
  if (open_ || !answer_durable_) excused_ = true;
  open_ = false;
  answer_durable_ = true;
  uncertain_ = !known_durable_ || applied_ != durable_;
  seen_.reset();
}

void Ledger::process_started(bool found_good, const storage::WorkloadRow* row) {
  if (row == nullptr) {
    if (!found_good || !known_durable_ || gone_) {
      known_ = false;
      sent_.reset();
    }
  } else if (uncertain_ && row->applied) {
    // Only the disk can tell whether the adoption had become durable.
    known_ = true;
    applied_ = contents_of(*row);
    or_has_.reset();
  } else if (!known_durable_ && row->last_outcome == storage::LastOutcome::none &&
             !row->in_flight) {
    known_ = false;
  }
}

}  // namespace ebbgate::property
