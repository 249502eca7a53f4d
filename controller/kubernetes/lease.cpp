#include "controller/kubernetes/lease.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace ebbgate::kubernetes {

using namespace std::chrono_literals;

LeaseCandidate::LeaseCandidate(LeaseSettings settings, std::function<double()> random)
    : settings_(std::move(settings)), random_(std::move(random)) {}

BootTime LeaseCandidate::leads_until() const {
  return phase_ == Phase::leading ? renewed_at_ + settings_.duration : BootTime::min();
}

LeaseCandidate::Step LeaseCandidate::next(const Instant& now) {
  if (phase_ == Phase::leading && now.boot >= renewed_at_ + settings_.renew) {
    lose("the lease could not be renewed within " + format_duration(settings_.renew) +
         (last_error_.empty() ? "" : ": " + last_error_));
  }
  if (phase_ == Phase::lost) return {What::end, {}, {}, {}};
  if (now.boot < not_before_) {
    BootTime until = not_before_;
    if (phase_ == Phase::leading) until = std::min(until, renewed_at_ + settings_.renew);
    return {What::wait, until, {}, {}};
  }
  return request(then_, now);
}

LeaseCandidate::Step LeaseCandidate::request(What what, const Instant& now) {
  asked_ = what;
  // So short that a leader has a second and a third try.
  Duration deadline = std::clamp<Duration>(settings_.renew / 3, 1s, 5s);
  if (phase_ == Phase::leading) {
    deadline = std::min(deadline, renewed_at_ + settings_.renew - now.boot);
  }
  Step step{what, {}, {}, deadline};
  if (what == What::read) return step;
  const bool held = exists_ && seen_.record.holder == settings_.identity;
  // Where this process has written before, it may hold it by what it wrote.
  if (!held || !reached_) term_before_ = exists_ ? term_of(seen_) : std::string();
  reached_ = true;
  const LeaseRecord record = own_record(now);
  step.body = what == What::create ? new_lease(settings_.namespace_name, settings_.name, record)
                                   : changed_lease(seen_, record);
  return step;
}

LeaseRecord LeaseCandidate::own_record(const Instant& now) const {
  LeaseRecord record;
  record.holder = settings_.identity;
  record.duration_seconds = std::chrono::ceil<std::chrono::seconds>(settings_.duration).count();
  record.renew_time = micro_time(now.wall);
  record.acquire_time = record.renew_time;
  if (!exists_) return record;
  const bool held = seen_.record.holder == settings_.identity;
  if (held && !seen_.record.acquire_time.empty()) record.acquire_time = seen_.record.acquire_time;
  record.transitions = seen_.record.transitions + (held ? 0 : 1);
  return record;
}

void LeaseCandidate::answered(const Answer& answer, BootTime sent, BootTime now) {
  if (phase_ == Phase::lost) {
    if (answer.what == Answer::What::lease) see(answer.lease, now);
    return;
  }
  then_ = What::read;
  switch (answer.what) {
    case Answer::What::lease:
      last_error_.clear();
      if (asked_ != What::read) return written(answer.lease, sent, now);
      see(answer.lease, now);
      return after_read(now);
    case Answer::What::not_found:
      exists_ = false;
      seen_ = {};
      then_ = What::create;
      return;
    case Answer::What::conflict:
      last_error_ = "somebody else writes the lease as well";
      // Of a leader most likely an earlier renewal of its own that arrived late.
      if (phase_ != Phase::leading || conflicted_) try_later(now, 0s);
      conflicted_ = true;
      return;
    case Answer::What::failed:
      last_error_ = answer.error;
      try_later(now, answer.retry_after);
  }
}

void LeaseCandidate::see(const LeaseObject& lease, BootTime now) {
  if (!exists_ || lease.record != seen_.record) changed_at_ = now;
  exists_ = true;
  seen_ = lease;
}

bool LeaseCandidate::may_take(BootTime now) const {
  const LeaseRecord& record = seen_.record;
  if (record.holder.empty() || record.holder == settings_.identity) return true;
  const Duration duration = record.duration_seconds > 0
                                ? Duration(std::chrono::seconds(record.duration_seconds))
                                : settings_.duration;
  return now >= changed_at_ + duration;
}

void LeaseCandidate::after_read(BootTime now) {
  const std::string& holder = seen_.record.holder;
  if (phase_ == Phase::leading && !holder.empty() && holder != settings_.identity) {
    return lose(holder + " holds the lease now");
  }
  if (may_take(now)) {
    then_ = What::update;
  } else {
    try_later(now, 0s);
  }
}

void LeaseCandidate::written(const LeaseObject& lease, BootTime sent, BootTime now) {
  see(lease, now);
  // Answered so late (a sleep, a stall) that a term would end as it begins: it is ours, once more.
  if (phase_ == Phase::waiting && now >= sent + settings_.renew) return;
  phase_ = Phase::leading;
  conflicted_ = false;
  renewed_at_ = sent;
  not_before_ = sent + settings_.retry;
  then_ = What::update;
}

void LeaseCandidate::try_later(BootTime now, Duration at_least) {
  Duration wait = settings_.retry;
  if (phase_ == Phase::waiting) {
    // Candidates that begin together part.
    wait += std::chrono::duration_cast<Duration>(wait * (1.2 * random_()));
  }
  not_before_ = now + std::max(wait, at_least);
}

void LeaseCandidate::lose(std::string why) {
  phase_ = Phase::lost;
  lost_because_ = std::move(why);
}

std::optional<std::string> LeaseCandidate::release(const Instant& now) {
  const bool held = reached_ && exists_ && seen_.record.holder == settings_.identity;
  phase_ = Phase::lost;
  if (!held) return std::nullopt;
  LeaseRecord record = seen_.record;
  record.holder.clear();
  record.duration_seconds = 1;
  record.acquire_time = record.renew_time = micro_time(now.wall);
  return changed_lease(seen_, record);
}

}  // namespace ebbgate::kubernetes
