#include "controller/local/shared_notifier.h"

#include <sys/inotify.h>

#include <cerrno>
#include <utility>

namespace ebbgate::local {
namespace {

constexpr int kAddTries = 10;
constexpr std::size_t kMostEnded = 10'000;

}  // namespace

SharedNotifier::SharedNotifier(std::unique_ptr<ChangeNotifier> notifier)
    : notifier_(std::move(notifier)) {}

int SharedNotifier::add(Subscriber subscriber, const std::string& path, std::uint32_t mask,
                        const Interest& interest) {
  for (int tried = 1;; ++tried) {
    const std::uint64_t begun = begin_add();
    const int watch = notifier_->add(path, mask);
    if (end_add(subscriber, watch, interest, begun, tried == kAddTries)) return watch;
  }
}

std::uint64_t SharedNotifier::begin_add() {
  const MutexLock lock(mutex_);
  ++adding_;
  return ends_;
}

// False when the watch ended since: it must be added again.
bool SharedNotifier::end_add(Subscriber subscriber, int watch, const Interest& interest,
                             std::uint64_t begun, bool last_try) {
  const MutexLock lock(mutex_);
  const auto ended = ended_.find(watch);
  const bool stale = begun < forgotten_ends_ || (ended != ended_.end() && ended->second > begun);
  if (--adding_ == 0) ended_.clear();
  if (watch < 0) {
    const bool short_of = notifier_->descriptor() < 0 || watch == -ENOSPC || watch == -ENOMEM;
    if (short_of && shortage_ == 0) shortage_ = -watch;
    return true;
  }
  if (stale && !last_try) return false;
  Watch& added = watches_[watch];
  ++(interest.contents ? added.contents : added.names[interest.name])[subscriber];
  return true;
}

void SharedNotifier::remove(Subscriber subscriber, int watch, const Interest& interest) {
  const auto drop = [subscriber](Subscribers& subscribers) {
    const auto found = subscribers.find(subscriber);
    if (found != subscribers.end() && --found->second == 0) subscribers.erase(found);
  };
  const MutexLock lock(mutex_);
  const auto found = watches_.find(watch);
  if (found == watches_.end()) return;
  Watch& dropped = found->second;
  if (interest.contents) {
    drop(dropped.contents);
  } else if (const auto name = dropped.names.find(interest.name); name != dropped.names.end()) {
    drop(name->second);
    if (name->second.empty()) dropped.names.erase(name);
  }
  if (!dropped.names.empty() || !dropped.contents.empty()) return;
  watches_.erase(found);
  notifier_->remove(watch);
  end_watch(watch);
}

void SharedNotifier::end_watch(int watch) {
  ++ends_;
  if (adding_ == 0) return;
  // An addition that hangs must not let this grow for ever.
  if (ended_.size() >= kMostEnded) {
    ended_.clear();
    forgotten_ends_ = ends_;
  }
  ended_[watch] = ends_;
}

std::vector<SharedNotifier::Subscriber> SharedNotifier::subscribers(const ChangeEvent& event) {
  const MutexLock lock(mutex_);
  std::set<Subscriber> result;
  const auto take = [&result](const Subscribers& subscribers) {
    for (const auto& [subscriber, count] : subscribers) result.insert(subscriber);
  };
  const bool ended = (event.mask & IN_IGNORED) != 0;
  const auto found = watches_.find(event.watch);
  if (found != watches_.end()) {
    const Watch& watch = found->second;
    take(watch.contents);
    if (ended) {
      for (const auto& [name, subscribers] : watch.names) take(subscribers);
      watches_.erase(found);
    } else if (const auto name = watch.names.find(event.name); name != watch.names.end()) {
      take(name->second);
    }
  }
  if (ended) end_watch(event.watch);
  return {result.begin(), result.end()};
}

std::size_t SharedNotifier::size() const {
  const MutexLock lock(mutex_);
  return watches_.size();
}

std::optional<int> SharedNotifier::take_shortage() {
  const MutexLock lock(mutex_);
  if (shortage_ == 0 || std::exchange(shortage_told_, true)) return std::nullopt;
  return shortage_;
}

}  // namespace ebbgate::local
