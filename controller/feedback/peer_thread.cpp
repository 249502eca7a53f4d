#include "controller/feedback/peer_thread.h"

#include <poll.h>

#include <array>
#include <utility>

namespace ebbgate::feedback {

/// What became of a step.
struct PeerThread::Event {
  enum class What : std::uint8_t { nothing, connected, not_connected, answered, ended, appeared };
  What what = What::nothing;
  Answer answer;
  bool late = false;
  Ending ending = Ending::closed;
};

PeerThread::PeerThread(Peer peer, const Parts& parts)
    : parts_(parts), name_(peer.settings().name), peer_(std::move(peer)) {}

PeerThread::~PeerThread() {
  ask_to_stop();
  join();
}

int PeerThread::make_thread() {
  return thread_.start("feedback", [this] { run(); });
}

void PeerThread::start() {
  if (!thread_.joinable()) {
    if (const int error = make_thread()) throw NoThread("the feedback peer " + name_, error);
  }
  begin();
}

void PeerThread::begin() {
  Peer::Effects effects;
  {
    const MutexLock lock(mutex_);
    stopping_ = false;
    watch_.emplace(peer_.settings().socket);
    effects = peer_.take_effects();
  }
  carry_out(std::move(effects));
  connection_.allow();
  const MutexLock lock(mutex_);
  begun_ = true;
  delivering_ = true;
  changed_.notify_all();
}

void PeerThread::configure(PeerSettings settings) {
  ask_to_stop();
  {
    const MutexLock lock(mutex_);
    while (delivering_) changed_.wait(mutex_);
    peer_.configure(std::move(settings));
  }
  begin();
}

void PeerThread::ask_to_stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  connection_.interrupt();
  wake_.notify();
}

void PeerThread::join() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

PeerThread::Left PeerThread::end() {
  ask_to_stop();
  join();
  const MutexLock lock(mutex_);
  if (std::exchange(ended_, true)) return {};
  return {peer_.row(), peer_.rows(), peer_.next_number()};
}

PeerSettings PeerThread::settings() const {
  const MutexLock lock(mutex_);
  return peer_.settings();
}

metrics::PeerStatus PeerThread::status() {
  const MutexLock lock(mutex_);
  return peer_.status(parts_.clock.now().boot);
}

PeerThread::Offer PeerThread::offer(std::vector<Message> messages, bool durable) {
  Offer offer;
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    if (ended_) {
      offer.refusal = Refusal::ended;
    } else if (!durable) {
      offer.taken = peer_.offer(std::move(messages));
    } else if (auto taken = peer_.offer_durable(std::move(messages))) {
      offer.taken = std::move(*taken);
    } else {
      offer.refusal = Refusal::full;
    }
    wake = !offer.refusal && std::exchange(idle_, false);
  }
  if (wake) wake_.notify();
  return offer;
}

void PeerThread::stored(const std::vector<storage::FeedbackRow>& rows) {
  Peer::Effects effects;
  {
    const MutexLock lock(mutex_);
    peer_.stored(rows);
    effects = peer_.take_effects();
  }
  carry_out(std::move(effects));
}

void PeerThread::carry_out(Peer::Effects effects) {
  if (!effects.batch.empty()) parts_.store.submit(std::move(effects.batch));
  for (const Note& note : effects.notes) {
    const auto& write = note.level == Note::Level::warn   ? parts_.warn
                        : note.level == Note::Level::info ? parts_.info
                                                          : parts_.debug;
    write(name_, note.text);
  }
}

void PeerThread::run() {
  while (await_start()) {
    deliver();
    const MutexLock lock(mutex_);
    delivering_ = false;
    changed_.notify_all();
  }
}

bool PeerThread::await_start() {
  const MutexLock lock(mutex_);
  while (!begun_ && !over_) changed_.wait(mutex_);
  return std::exchange(begun_, false);
}

void PeerThread::deliver() {
  Event event;
  PeerSettings settings = this->settings();
  while (true) {
    const BootTime now = parts_.clock.now().boot;
    Peer::Step step;
    std::optional<Peer::Effects> effects;
    bool stop = false;
    {
      const MutexLock lock(mutex_);
      apply(event, now);
      stop = stopping_;
      if (stop) {
        peer_.ended(Ending::stopped, {}, now);
      } else {
        step = peer_.next(now);
      }
      idle_ = step.what == Peer::Step::What::wait && peer_.up();
      if (peer_.has_effects()) effects = peer_.take_effects();
    }
    if (effects) carry_out(std::move(*effects));
    if (stop) break;
    event = perform(step, settings, now);
  }
  connection_.close();
}

void PeerThread::apply(Event& event, BootTime now) {
  switch (event.what) {
    case Event::What::nothing:
      return;
    case Event::What::connected:
      return peer_.connected(now);
    case Event::What::not_connected:
      return peer_.not_connected(event.late, connection_.problem(), now);
    case Event::What::answered:
      if (peer_.answered(event.answer, now)) {
        const auto ending = connection_.has_more() ? connection_.look() : std::nullopt;
        if (!ending) return;
        peer_.ended(*ending, connection_.problem(), now);
      }
      return connection_.close();
    case Event::What::ended:
      peer_.ended(event.ending, connection_.problem(), now);
      return connection_.close();
    case Event::What::appeared:
      return peer_.appeared(now);
  }
}

PeerThread::Event PeerThread::perform(const Peer::Step& step, const PeerSettings& settings,
                                      BootTime now) {
  switch (step.what) {
    case Peer::Step::What::dial:
      return dial(settings);
    case Peer::Step::What::send:
      return send(*step.letter);
    case Peer::Step::What::wait:
      return wait(step.until - now);
  }
  return {};
}

PeerThread::Event PeerThread::dial(const PeerSettings& settings) {
  Event event;
  switch (connection_.dial(settings)) {
    case PeerConnection::Dialled::connected:
      event.what = Event::What::connected;
      // Whatever appeared before is what was connected to.
      watch_->appeared();
      break;
    case PeerConnection::Dialled::late:
      event.late = true;
      [[fallthrough]];
    case PeerConnection::Dialled::refused:
      event.what = Event::What::not_connected;
      break;
    case PeerConnection::Dialled::interrupted:
      event.what = Event::What::ended;
      event.ending = Ending::stopped;
      break;
  }
  return event;
}

PeerThread::Event PeerThread::send(const Letter& letter) {
  Event event;
  const auto exchanged = connection_.exchange(letter.message.line);
  if (exchanged.ending) {
    event.what = Event::What::ended;
    event.ending = *exchanged.ending;
  } else {
    event.what = Event::What::answered;
    event.answer = answers_.read(exchanged.line, letter.message.job_id);
  }
  return event;
}

PeerThread::Event PeerThread::wait(Duration left) {
  watch_->renew();
  std::array descriptors{pollfd{watch_->descriptor(), POLLIN, 0},
                         pollfd{connection_.descriptor(), POLLIN, 0}};
  wake_.sleep(descriptors, left);
  Event event;
  if (descriptors[1].revents != 0) {
    if (const auto ending = connection_.look()) {
      event.what = Event::What::ended;
      event.ending = *ending;
      return event;
    }
  }
  if (watch_->appeared()) event.what = Event::What::appeared;
  return event;
}

}  // namespace ebbgate::feedback
