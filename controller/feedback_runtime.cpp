#include "controller/feedback_runtime.h"

#include <utility>

namespace ebbgate {

namespace {

constexpr Duration kPatienceForCommit = std::chrono::seconds(1);

}  // namespace

FeedbackRuntime::FeedbackRuntime(Log& log, const Clock& clock, storage::StoreThread& store)
    : log_(log),
      store_(store),
      random_(std::random_device()()),
      service_({*this, clock,
                [this](const std::string& peer, const std::string& line) {
                  log_.info(line, {{"peer", peer}});
                },
                [this](const std::string& peer, const std::string& line) {
                  log_.warn(line, {{"peer", peer}});
                },
                [this](const std::string& peer, const std::string& line) {
                  log_.debug(line, {{"peer", peer}});
                },
                [this] { return random(); }}),
      outcomes_([this](const std::string& job_id, const std::string& line) {
        service_.outcome(job_id, line);
      }) {}

std::optional<std::string> FeedbackRuntime::start(storage::Loaded& loaded,
                                                  const Settings& settings) {
  service_.restore(std::exchange(loaded.peers, {}), std::exchange(loaded.feedback, {}),
                   loaded.same_boot);
  return service_.configure(settings.feedback);
}

bool FeedbackRuntime::commit(storage::Batch batch) {
  return store_.wait_committed(store_.submit(std::move(batch)), kPatienceForCommit);
}

double FeedbackRuntime::random() {
  const MutexLock lock(mutex_);
  return std::uniform_real_distribution<double>()(random_);
}

}  // namespace ebbgate
