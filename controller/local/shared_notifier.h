#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "controller/local/change_notifier.h"

namespace ebbgate::local {

/// Shares inotify between watch entries that are read by several threads. The kernel has one number
/// for a thing, whoever watches it: a watch ends when its last subscriber drops it. Many entries
/// lie in one folder, so a report goes to those alone that want to hear of its name.
///
/// Looking a path up may take as long as a file server that does not answer, so add() holds no lock
/// meanwhile. Any thread, but read() and subscribers() belong to one.
class SharedNotifier {
 public:
  using Subscriber = std::uint64_t;
  /// What somebody wants to hear of a watched thing.
  struct Interest {
    bool contents = false;  ///< everything; else what has this name in it
    std::string name;       ///< empty: the watched thing itself
  };

  explicit SharedNotifier(std::unique_ptr<ChangeNotifier> notifier);

  int descriptor() const { return notifier_->descriptor(); }
  /// As ChangeNotifier::add(). What happened before it returns may not be reported to `subscriber`:
  /// look after adding.
  int add(Subscriber subscriber, const std::string& path, std::uint32_t mask,
          const Interest& interest) EBBGATE_EXCLUDES(mutex_);
  /// Once for each add().
  void remove(Subscriber subscriber, int watch, const Interest& interest) EBBGATE_EXCLUDES(mutex_);

  void read(std::vector<ChangeEvent>& events) { notifier_->read(events); }
  /// Who must hear of an event. When the kernel has ended the watch, it is theirs no more.
  std::vector<Subscriber> subscribers(const ChangeEvent& event) EBBGATE_EXCLUDES(mutex_);

  /// Watches in use.
  std::size_t size() const EBBGATE_EXCLUDES(mutex_);
  /// Once, an errno: the machine's limits left no watch for something.
  std::optional<int> take_shortage() EBBGATE_EXCLUDES(mutex_);

 private:
  using Subscribers = std::map<Subscriber, int>;  // how often each was added
  struct Watch {
    std::unordered_map<std::string, Subscribers> names;
    Subscribers contents;
  };

  std::uint64_t begin_add() EBBGATE_EXCLUDES(mutex_);
  bool end_add(Subscriber subscriber, int watch, const Interest& interest, std::uint64_t begun,
               bool last_try) EBBGATE_EXCLUDES(mutex_);
  void end_watch(int watch) EBBGATE_REQUIRES(mutex_);

  const std::unique_ptr<ChangeNotifier> notifier_;
  mutable Mutex mutex_;
  std::unordered_map<int, Watch> watches_ EBBGATE_GUARDED_BY(mutex_);
  // Watches that ended while somebody was adding one, who may have got it just before.
  std::map<int, std::uint64_t> ended_ EBBGATE_GUARDED_BY(mutex_);
  std::uint64_t ends_ EBBGATE_GUARDED_BY(mutex_) = 0;
  std::uint64_t forgotten_ends_ EBBGATE_GUARDED_BY(mutex_) = 0;
  int adding_ EBBGATE_GUARDED_BY(mutex_) = 0;
  int shortage_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool shortage_told_ EBBGATE_GUARDED_BY(mutex_) = false;
};

}  // namespace ebbgate::local
