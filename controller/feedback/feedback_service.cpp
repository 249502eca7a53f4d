#include "controller/feedback/feedback_service.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/thread.h"
#include "controller/feedback/message.h"
#include "controller/feedback/peer.h"
#include "controller/feedback/peer_thread.h"

namespace ebbgate::feedback {

using metrics::Offered;

class FeedbackService::Peers final {
 public:
  explicit Peers(Parts parts) : parts_(std::move(parts)) {}
  ~Peers() { stop(); }
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  void restore(std::vector<storage::PeerRow> peers, std::vector<storage::FeedbackRow> messages,
               bool same_boot) {
    for (storage::PeerRow& row : peers) {
      Stored& stored = stored_[row.name];
      stored.left.row = std::move(row);
      stored.same_boot = same_boot;
    }
    for (storage::FeedbackRow& row : messages) {
      stored_[row.peer].left.messages.push_back(std::move(row));
    }
  }

  std::optional<std::string> configure(const std::vector<PeerSettings>& settings) {
    const auto before = list();
    List after;
    List added;
    for (const PeerSettings& one : settings) {
      const auto same = std::find_if(before.begin(), before.end(), [&one](const auto& thread) {
        return thread->settings().name == one.name;
      });
      if (same != before.end()) {
        after.push_back(*same);
        continue;
      }
      if (auto problem = add(one, added)) {
        put_away(added);
        return problem;
      }
      after.push_back(added.back());
    }
    List gone;
    std::copy_if(before.begin(), before.end(), std::back_inserter(gone), [&after](auto& thread) {
      return std::find(after.begin(), after.end(), thread) == after.end();
    });
    {
      const MutexLock lock(mutex_);
      if (stopping_) return std::nullopt;
      list_ = after;
    }
    put_away(gone);
    for (std::size_t i = 0; i < after.size(); ++i) {
      const bool known = std::find(before.begin(), before.end(), after[i]) != before.end();
      if (!known) {
        after[i]->start();
      } else if (after[i]->settings() != settings[i]) {
        after[i]->configure(settings[i]);
      }
    }
    return std::nullopt;
  }

  void stop() {
    List all;
    {
      const MutexLock lock(mutex_);
      if (std::exchange(stopping_, true)) return;
      all = list_;
    }
    put_away(all);
  }

  std::vector<metrics::PeerStatus> statuses() {
    std::vector<metrics::PeerStatus> statuses;
    for (const auto& thread : list()) statuses.push_back(thread->status());
    return statuses;
  }

  Offered offer(const std::string& peer, const std::string& body, bool durable) {
    std::shared_ptr<PeerThread> thread;
    PeerSettings settings;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return {.what = Offered::What::stopping, .message = {}};
      for (const auto& one : list_) {
        settings = one->settings();
        if (settings.name != peer) continue;
        thread = one;
        break;
      }
    }
    if (!thread) return {.what = Offered::What::no_peer, .message = {}};
    auto parsed = parse_messages(body, settings.max_message);
    if (auto* wrong = std::get_if<WrongMessage>(&parsed)) {
      return {.what = Offered::What::wrong, .line = wrong->line, .message = std::move(wrong->what)};
    }
    return offer(*thread, std::move(std::get<std::vector<Message>>(parsed)), durable);
  }

  void outcome(const std::string& job_id, const std::string& line) {
    for (const auto& thread : list()) {
      if (thread->settings().outcomes) thread->offer({{job_id, line}}, false);
    }
  }

 private:
  using List = std::vector<std::shared_ptr<PeerThread>>;

  struct Stored {
    PeerThread::Left left;
    bool same_boot = false;
  };

  List list() {
    const MutexLock lock(mutex_);
    return list_;
  }

  // Nothing; or why it cannot be made.
  std::optional<std::string> add(const PeerSettings& settings, List& added) {
    const std::string what = "the feedback peer " + settings.name;
    try {
      added.push_back(make(settings));
    } catch (const std::system_error& error) {
      return "there is no descriptor for " + what + " (" + error.code().message() +
             "): raise the limit of open files (ulimit -n, LimitNOFILE of the service, the ulimits "
             "of the container)";
    }
    const int error = added.back()->make_thread();
    return error == 0 ? std::nullopt : std::optional(no_thread(what, error));
  }

  std::shared_ptr<PeerThread> make(const PeerSettings& settings) {
    Peer peer(settings, parts_.random);
    const auto found = stored_.find(settings.name);
    Stored stored = found == stored_.end() ? Stored{} : found->second;
    peer.restore(stored.left.row, std::move(stored.left.messages), stored.same_boot,
                 parts_.clock.now().boot);
    peer.number_from(stored.left.next_number);
    auto thread = std::make_shared<PeerThread>(std::move(peer), parts_);
    // Only now, since that may throw.
    stored_.erase(settings.name);
    return thread;
  }

  void put_away(const List& threads) {
    for (const auto& thread : threads) thread->ask_to_stop();
    storage::Batch batch;
    for (const auto& thread : threads) {
      PeerThread::Left left = thread->end();
      batch.feedback.insert(batch.feedback.end(), left.messages.begin(), left.messages.end());
      stored_[thread->settings().name] = {std::move(left), true};
    }
    if (!batch.empty()) parts_.store.submit(std::move(batch));
  }

  Offered offer(PeerThread& thread, std::vector<Message> messages, bool durable) {
    const PeerThread::Offer offer = thread.offer(std::move(messages), durable);
    if (offer.refusal == PeerThread::Refusal::full) {
      return {.what = Offered::What::full, .message = {}};
    }
    // It was there a moment ago.
    if (offer.refusal) return {.what = Offered::What::stopping, .message = {}};
    Offered offered{.queued = offer.taken.queued, .dropped = offer.taken.dropped, .message = {}};
    if (!durable) return offered;
    storage::Batch batch;
    batch.feedback = offer.taken.rows;
    if (!parts_.store.commit(std::move(batch))) offered.what = Offered::What::degraded;
    thread.stored(offer.taken.rows);
    return offered;
  }

  const Parts parts_;
  std::map<std::string, Stored> stored_;  // of peers that are not configured
  Mutex mutex_;
  List list_ EBBGATE_GUARDED_BY(mutex_);
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
};

FeedbackService::FeedbackService(Parts parts) : peers_(std::make_unique<Peers>(std::move(parts))) {}

FeedbackService::~FeedbackService() = default;

void FeedbackService::restore(std::vector<storage::PeerRow> peers,
                              std::vector<storage::FeedbackRow> messages, bool same_boot) {
  peers_->restore(std::move(peers), std::move(messages), same_boot);
}

std::optional<std::string> FeedbackService::configure(const std::vector<PeerSettings>& peers) {
  return peers_->configure(peers);
}

void FeedbackService::stop() {
  peers_->stop();
}

std::vector<metrics::PeerStatus> FeedbackService::peers() {
  return peers_->statuses();
}

Offered FeedbackService::offer(const std::string& peer, const std::string& body, bool durable) {
  return peers_->offer(peer, body, durable);
}

void FeedbackService::outcome(const std::string& job_id, const std::string& line) {
  peers_->outcome(job_id, line);
}

}  // namespace ebbgate::feedback
