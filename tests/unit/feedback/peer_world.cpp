#include "tests/unit/feedback/peer_world.h"

#include <algorithm>
#include <utility>

#include <rapidcheck.h>

namespace ebbgate::feedback::testing {

using namespace std::chrono_literals;
using What = Peer::Step::What;

PeerWorld::PeerWorld(Luck luck) : luck_(std::move(luck)) {
  settings_.queue = 5;
  settings_.attempts = 3;
  begin(true);
}

void PeerWorld::act() {
  switch (luck_.below(16)) {
    case 1:
    case 2:
    case 3:
      offer();
      break;
    case 4:
      finish_offer();
      break;
    case 5:
      peer_->appeared(now_);
      if (!peer_->up()) appeared_ = true;
      break;
    case 6:
      if (peer_->up()) end_connection(luck_.below(2) == 0 ? Ending::closed : Ending::unasked);
      break;
    case 7:
      commit(under_way_.size());
      break;
    case 8:
      if (luck_.below(4) == 1) restart();
      break;
    case 9:
      if (luck_.below(4) == 1) crash();
      break;
    case 10:
      if (luck_.below(4) == 1) reconfigure();
      break;
    case 11:
      now_ += std::chrono::milliseconds(luck_.below(5000));
      break;
    default:
      turn();
  }
  collect();
  check();
}

void PeerWorld::drain() {
  calm_ = true;
  while (!offers_.empty()) finish_offer();
  for (int i = 0; i < 1000 && !outstanding_.empty(); ++i) {
    turn();
    collect();
    check();
  }
  RC_ASSERT(outstanding_.empty());
  collect();
  commit(under_way_.size());
  RC_ASSERT(rows_.empty());
}

void PeerWorld::check() {
  const metrics::PeerStatus status = peer_->status(now_);
  RC_ASSERT(adds_up(status));
  RC_ASSERT(status.queued + status.in_flight == outstanding_.size());
  RC_ASSERT(status.queued <= settings_.queue);
  RC_ASSERT(status.level == level_);
}

void PeerWorld::offer() {
  std::vector<Message> messages;
  const unsigned count = 1 + luck_.below(3);
  const int first = next_id_;
  for (unsigned i = 0; i < count; ++i) messages.push_back(message_of(std::to_string(next_id_++)));
  std::size_t taken = 0;
  if (luck_.below(2) == 0) {
    taken = peer_->offer(std::move(messages)).queued;
  } else if (auto durable = peer_->offer_durable(std::move(messages))) {
    taken = durable->queued;
    offers_.push_back(std::move(durable->rows));
    if (luck_.below(3) == 0) finish_offer();
  }
  for (std::size_t i = 0; i < taken; ++i) {
    outstanding_.push_back({first + static_cast<int>(i), 0, false});
  }
}

// Whoever offered durable messages has their commit, some time.
void PeerWorld::finish_offer() {
  if (offers_.empty()) return;
  auto rows = std::move(offers_.front());
  offers_.pop_front();
  storage::Batch batch;
  batch.feedback = rows;
  under_way_.push_back(std::move(batch));
  if (luck_.below(8) != 1) {
    commit(under_way_.size());
    for (const auto& row : rows) {
      for (Outstanding& one : outstanding_) one.promised |= std::to_string(one.id) == row.job_id;
    }
  }
  peer_->stored(rows);
}

int PeerWorld::highest() const {
  int level = 1;
  Duration longest = settings_.reconnect.base;
  for (; longest < settings_.reconnect.max; longest *= 2) ++level;
  return level;
}

Duration PeerWorld::delay() const {
  Duration delay = settings_.reconnect.base;
  for (int i = 1; i < level_; ++i) delay *= 2;
  return std::min(delay, settings_.reconnect.max);
}

void PeerWorld::turn() {
  const Peer::Step step = peer_->next(now_);
  switch (step.what) {
    case What::dial:
      return dial();
    case What::send:
      return send(*step.letter);
    case What::wait:
      return wait(step.until);
  }
}

void PeerWorld::wait(BootTime until) {
  RC_ASSERT(until > now_);
  if (peer_->up()) {
    // Messages whose attempts were used up by then are gone without being sent.
    while (!outstanding_.empty()) {
      RC_ASSERT(outstanding_.front().attempts >= settings_.attempts);
      give_up();
    }
    now_ += 1s;
    return;
  }
  RC_ASSERT(level_ > 0);
  now_ = calm_ || luck_.below(2) == 0 ? until : now_ + (until - now_) / 2;
}

void PeerWorld::dial() {
  early_ = level_ > 0 && now_ < failed_at_ + delay();
  if (early_) {
    RC_ASSERT(appeared_);
    RC_ASSERT(!early_used_);
    early_used_ = true;
    ++early_dials_;
  }
  if (calm_ || luck_.below(2) == 0) {
    peer_->connected(now_);
    return;
  }
  const bool late = luck_.below(2) == 0;
  if (late) now_ += settings_.dial_timeout;
  peer_->not_connected(late, "no", now_);
  fail();
}

// It may come again, and late, where a crash forgets that it was given up.
void PeerWorld::give_up() {
  received_.insert(outstanding_.front().id);
  outstanding_.pop_front();
}

void PeerWorld::keep_oldest(std::size_t count) {
  for (; outstanding_.size() > count; outstanding_.pop_back()) {
    received_.insert(outstanding_.back().id);
  }
}

void PeerWorld::fail() {
  if (std::exchange(early_, false)) return;
  level_ = std::min(level_ + 1, highest());
  failed_at_ = now_;
  appeared_ = early_used_ = false;
}

void PeerWorld::end_connection(Ending ending) {
  peer_->ended(ending, "because", now_);
  fail();
}

void PeerWorld::send(const Letter& letter) {
  ++sends_;
  while (!outstanding_.empty() && outstanding_.front().attempts >= settings_.attempts) {
    give_up();
  }
  RC_ASSERT(!outstanding_.empty());
  Outstanding& first = outstanding_.front();
  const int id = std::stoi(letter.message.job_id);
  RC_ASSERT(id == first.id);
  ++first.attempts;
  RC_ASSERT(first.attempts <= settings_.attempts);
  const unsigned fate = calm_ ? 0 : luck_.below(10);
  if (fate != 9 && received_.insert(id).second) {
    RC_ASSERT(id > newest_received_);
    newest_received_ = id;
  }
  if (fate <= 5) {
    peer_->answered({fate < 4 ? Answer::What::ok : Answer::What::rejected, ""}, now_);
    level_ = 0;
    early_ = appeared_ = early_used_ = false;
    outstanding_.pop_front();
    return;
  }
  const bool spent = first.attempts >= settings_.attempts;
  if (fate == 6) {
    RC_ASSERT(!peer_->answered({Answer::What::retryable, "later"}, now_));
    fail();
  } else if (fate == 7) {
    RC_ASSERT(!peer_->answered({Answer::What::garbage, "nonsense"}, now_));
    fail();
  } else {
    end_connection(fate == 8 ? Ending::timeout : Ending::closed);
  }
  if (spent) {
    ++spent_;
    give_up();
  }
}

void PeerWorld::reconfigure() {
  peer_->ended(Ending::stopped, "", now_);
  early_ = false;
  settings_.queue = 2 + luck_.below(5);
  settings_.attempts = 2 + static_cast<int>(luck_.below(3));
  settings_.reconnect.max = 30s * (1 + luck_.below(4));
  const std::size_t in_flight = peer_->status(now_).in_flight;
  peer_->configure(settings_);
  const std::size_t room = settings_.queue + in_flight;
  keep_oldest(room);
  level_ = std::min(level_, highest());
}

void PeerWorld::collect() {
  if (peer_->has_effects()) under_way_.push_back(peer_->take_effects().batch);
}

void PeerWorld::commit(std::size_t batches) {
  for (; batches > 0; --batches) {
    const storage::Batch& batch = under_way_.front();
    if (!batch.peers.empty()) backoff_ = batch.peers.back();
    for (const auto& row : batch.feedback) rows_[row.number] = row;
    for (const auto& key : batch.feedback_done) rows_.erase(key.number);
    under_way_.pop_front();
  }
}

void PeerWorld::begin(bool same_boot) {
  peer_ = std::make_unique<Peer>(settings_, [] { return 0.5; });
  std::vector<storage::FeedbackRow> rows;
  for (const auto& [number, row] : rows_) rows.push_back(row);
  std::deque<Outstanding> outstanding;
  for (const auto& row : rows) {
    const int id = std::stoi(row.job_id);
    const auto known = std::find_if(outstanding_.begin(), outstanding_.end(),
                                    [id](const Outstanding& one) { return one.id == id; });
    outstanding.push_back({id, row.attempts, known != outstanding_.end() && known->promised});
  }
  for (const Outstanding& one : outstanding_) {
    const bool kept = std::any_of(outstanding.begin(), outstanding.end(),
                                  [&one](const Outstanding& other) { return other.id == one.id; });
    RC_ASSERT(kept || !one.promised);
  }
  outstanding_ = std::move(outstanding);
  keep_oldest(settings_.queue + 1);
  peer_->restore(backoff_, rows, same_boot, now_);
  level_ = std::min(backoff_ ? backoff_->level : 0, highest());
  failed_at_ = same_boot && backoff_ ? std::min(backoff_->failed_at, now_) : now_;
  appeared_ = early_used_ = early_ = false;
}

void PeerWorld::restart() {
  peer_->ended(Ending::stopped, "", now_);
  while (!offers_.empty()) finish_offer();
  collect();
  storage::Batch last;
  last.feedback = peer_->rows();
  under_way_.push_back(std::move(last));
  commit(under_way_.size());
  RC_ASSERT(rows_.size() == outstanding_.size());
  begin(luck_.below(4) != 1);
}

void PeerWorld::crash() {
  ++crashes_;
  offers_.clear();
  commit(luck_.below(static_cast<unsigned>(under_way_.size()) + 1));
  under_way_.clear();
  now_ += std::chrono::milliseconds(luck_.below(10'000));
  begin(luck_.below(4) != 1);
}

}  // namespace ebbgate::feedback::testing
