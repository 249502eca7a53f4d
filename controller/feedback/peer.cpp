#include "controller/feedback/peer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ebbgate::feedback {

Peer::Peer(PeerSettings settings, std::function<double()> random)
    : settings_(std::move(settings)), backoff_(settings_.reconnect, std::move(random)) {}

void Peer::restore(const std::optional<storage::PeerRow>& row,
                   std::vector<storage::FeedbackRow> messages, bool same_boot, BootTime now) {
  if (row) {
    backoff_.restore(row->level, same_boot ? std::optional(row->failed_at) : std::nullopt, now);
    if (backoff_.level() > 0) {
      outage_.restore(backoff_.failed_at());
      keep_backoff();
    }
  }
  for (storage::FeedbackRow& message : messages) {
    next_number_ = message.number;
    Letter& letter =
        accept({std::move(message.job_id), std::move(message.line)}, Letter::Kept::yes);
    letter.attempts = message.attempts;
  }
  // It was in flight, perhaps: so a full queue has room for what there was.
  hold_first();
  trim();
}

void Peer::number_from(std::uint64_t number) {
  next_number_ = std::max(next_number_, number);
}

void Peer::configure(PeerSettings settings) {
  settings_ = std::move(settings);
  const int level = backoff_.level();
  backoff_.configure(settings_.reconnect);
  if (backoff_.level() != level) keep_backoff();
  trim();
}

void Peer::trim() {
  while (queue_.size() > settings_.queue) {
    finish(queue_.back(), dropped_);
    queue_.pop_back();
  }
}

Letter& Peer::accept(Message message, Letter::Kept kept) {
  ++accepted_;
  return queue_.emplace_back(Letter{std::move(message), next_number_++, 0, kept});
}

Peer::Taken Peer::offer(std::vector<Message> messages) {
  Taken taken;
  for (Message& message : messages) {
    if (queue_.size() < settings_.queue) {
      accept(std::move(message), Letter::Kept::no);
      ++taken.queued;
    } else {
      ++accepted_;
      ++dropped_;
      ++taken.dropped;
    }
  }
  return taken;
}

std::optional<Peer::Taken> Peer::offer_durable(std::vector<Message> messages) {
  if (queue_.size() + messages.size() > settings_.queue) return std::nullopt;
  Taken taken;
  taken.queued = messages.size();
  taken.rows.reserve(messages.size());
  for (Message& message : messages) {
    taken.rows.push_back(row_of(accept(std::move(message), Letter::Kept::soon)));
  }
  return taken;
}

void Peer::stored(const std::vector<storage::FeedbackRow>& rows) {
  for (const storage::FeedbackRow& row : rows) {
    if (finished_soon_.erase(row.number) > 0) {
      effects_.batch.feedback_done.push_back({row.peer, row.number});
    } else if (in_flight_ && in_flight_->number == row.number) {
      in_flight_->kept = Letter::Kept::yes;
    } else {
      const auto found = std::lower_bound(
          queue_.begin(), queue_.end(), row.number,
          [](const Letter& letter, std::uint64_t number) { return letter.number < number; });
      if (found != queue_.end() && found->number == row.number) found->kept = Letter::Kept::yes;
    }
  }
}

void Peer::finish(const Letter& letter, std::uint64_t& counter) {
  ++counter;
  if (letter.kept == Letter::Kept::soon) finished_soon_.insert(letter.number);
  if (letter.kept == Letter::Kept::yes) {
    effects_.batch.feedback_done.push_back({settings_.name, letter.number});
  }
}

void Peer::finish_in_flight(std::uint64_t& counter) {
  finish(*in_flight_, counter);
  in_flight_.reset();
}

bool Peer::hold_first() {
  if (!in_flight_ && !queue_.empty()) {
    in_flight_ = std::move(queue_.front());
    queue_.pop_front();
  }
  return in_flight_.has_value();
}

bool Peer::spent() const {
  return in_flight_ && in_flight_->attempts >= settings_.attempts;
}

Peer::Step Peer::next(BootTime now) {
  if (state_ == State::dialling || sent_) std::abort();
  if (state_ == State::down) {
    const BootTime due = backoff_.next();
    if (due > now) return {Step::What::wait, due, nullptr};
    state_ = State::dialling;
    early_ = backoff_.dial(now);
    proved_ = counted_ = false;
    outage_.dialled();
    return {Step::What::dial, BootTime::max(), nullptr};
  }
  count_standing(now);
  // Here only when it had its attempts in an earlier process, or fewer are allowed by now.
  while (hold_first() && spent()) finish_in_flight(rejected_);
  if (!in_flight_) return {};
  ++in_flight_->attempts;
  sent_ = true;
  return {Step::What::send, BootTime::max(), &*in_flight_};
}

void Peer::connected(BootTime now) {
  state_ = State::up;
  connected_at_ = now;
  problem_.clear();
}

void Peer::not_connected(bool late, const std::string& problem, BootTime now) {
  end_attempt(late ? Attempt::timeout : Attempt::refused, problem, now);
}

bool Peer::answered(const Answer& answer, BootTime now) {
  switch (answer.what) {
    case Answer::What::ok:
      sent_ = false;
      finish_in_flight(delivered_);
      prove(now);
      return true;
    case Answer::What::rejected:
      sent_ = false;
      effects_.notes.push_back(
          {Note::Level::debug,
           "the peer rejected message " + in_flight_->message.job_id + ": " + answer.error});
      finish_in_flight(rejected_);
      prove(now);
      return true;
    case Answer::What::retryable:
      ended(Ending::retryable, "the peer asks for a later try: " + answer.error, now);
      return false;
    case Answer::What::garbage:
      ended(Ending::garbage, answer.error, now);
      return false;
  }
  return false;
}

void Peer::ended(Ending ending, const std::string& problem, BootTime now) {
  if (state_ == State::up) {
    count_standing(now);
    ++disconnects_[static_cast<std::size_t>(ending)];
  }
  const bool was_sent = std::exchange(sent_, false);
  if (ending == Ending::stopped) {
    if (state_ == State::up) count(Attempt::closed);
    state_ = State::down;
    return;
  }
  std::string text = problem;
  if (was_sent && spent()) {
    text += "; message " + in_flight_->message.job_id + " is rejected after " +
            std::to_string(in_flight_->attempts) + " attempts";
    finish_in_flight(rejected_);
  }
  end_attempt(ending == Ending::timeout ? Attempt::timeout : Attempt::closed, text, now);
}

void Peer::end_attempt(Attempt attempt, const std::string& problem, BootTime now) {
  state_ = State::down;
  problem_ = problem;
  count(attempt);
  if (!std::exchange(early_, false)) {
    backoff_.failed(now);
    keep_backoff();
  }
  const BootTime next = backoff_.next();
  const std::optional<Duration> retry_in = next > now ? std::optional(next - now) : std::nullopt;
  effects_.notes.push_back(outage_.failed(problem, retry_in, dropped_, now));
}

void Peer::prove(BootTime now) {
  if (std::exchange(proved_, true)) return;
  early_ = false;
  count(Attempt::connected);
  const bool kept = backoff_.level() > 0;
  backoff_.proved();
  if (kept) keep_backoff();
  effects_.notes.push_back(outage_.proved(dropped_, now));
}

void Peer::appeared(BootTime now) {
  if (state_ == State::down) backoff_.appeared(now);
}

void Peer::count(Attempt attempt) {
  if (!std::exchange(counted_, true)) ++attempts_[static_cast<std::size_t>(attempt)];
}

// A connection that nothing is sent on cannot prove itself, but must be counted some time.
void Peer::count_standing(BootTime now) {
  if (state_ == State::up && !counted_ && !sent_ && now - connected_at_ >= settings_.ack_timeout) {
    count(Attempt::connected);
  }
}

void Peer::keep_backoff() {
  effects_.batch.peers = {{settings_.name, backoff_.level(), backoff_.failed_at()}};
}

metrics::PeerStatus Peer::status(BootTime now) {
  count_standing(now);
  metrics::PeerStatus status;
  status.name = settings_.name;
  status.socket = settings_.socket;
  status.up = up();
  status.level = backoff_.level();
  const BootTime next = backoff_.next();
  if (state_ == State::down && next != BootTime::min()) status.next_attempt = next;
  status.problem = problem_;
  status.accepted = accepted_;
  status.delivered = delivered_;
  status.rejected = rejected_;
  status.dropped = dropped_;
  status.queued = queue_.size();
  status.in_flight = in_flight_ ? 1 : 0;
  status.attempts = attempts_;
  status.disconnects = disconnects_;
  return status;
}

storage::FeedbackRow Peer::row_of(const Letter& letter) const {
  return {settings_.name, letter.number, letter.message.job_id, letter.message.line,
          letter.attempts};
}

std::vector<storage::FeedbackRow> Peer::rows() {
  std::vector<storage::FeedbackRow> rows;
  rows.reserve(queue_.size() + 1);
  const auto keep = [&](Letter& letter) {
    letter.kept = Letter::Kept::yes;
    rows.push_back(row_of(letter));
  };
  if (in_flight_) keep(*in_flight_);
  for (Letter& letter : queue_) keep(letter);
  return rows;
}

std::optional<storage::PeerRow> Peer::row() const {
  if (backoff_.level() == 0) return std::nullopt;
  return storage::PeerRow{settings_.name, backoff_.level(), backoff_.failed_at()};
}

Peer::Effects Peer::take_effects() {
  return std::exchange(effects_, {});
}

}  // namespace ebbgate::feedback
