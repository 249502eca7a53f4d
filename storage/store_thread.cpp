#include "storage/store_thread.h"

#include <utility>

#include "storage/lost_marker.h"
#include "storage/store_core.h"

namespace ebbgate::storage {

StoreThread::StoreThread(OpenedStore opened, StoreThreadOptions options, StoreObserver* observer)
    : core_(std::make_shared<Core>(std::move(opened), options, observer)) {}

StoreThread::~StoreThread() {
  close(std::chrono::seconds(2));
}

void StoreThread::start(StateStoreListener& listener) {
  core_->notifier.listen(listener);
  marker_ = std::make_unique<LostMarker>(
      core_->lock_file, core_->options.mark_limit, [core = core_](bool durable) {
        core->notifier.listener([&](StateStoreListener& told) { told.marked_lost(durable); });
      });
  thread_.demand("store", "the database", [core = core_] { core->run(); });
}

Sequence StoreThread::submit(Batch batch) {
  return core_->submit(std::move(batch));
}

void StoreThread::mark_lost() {
  if (marker_) {
    marker_->request(core_->new_mark());
  }
}

bool StoreThread::wait_committed(Sequence sequence, Duration patience) {
  return core_->wait_committed(sequence, patience);
}

std::future<std::optional<std::vector<HistoryRow>>> StoreThread::history(
    std::optional<WorkloadKey> key, std::size_t limit) {
  return core_->history(std::move(key), limit);
}

bool StoreThread::close(Duration patience) {
  if (!thread_.joinable()) {
    return closed_cleanly_;
  }
  core_->stop();
  if (core_->wait(patience)) {
    thread_.join();
    closed_cleanly_ = core_->closed_cleanly();
    core_->notifier.stop();
    core_->lock_file.reset();
  } else {
    core_->abandon();
    thread_.detach();
  }
  marker_.reset();
  return closed_cleanly_;
}

std::uint64_t StoreThread::size_in_bytes() const {
  return core_->size_in_bytes;
}

void StoreThread::bound_history(HistoryBounds bounds) {
  core_->bound_history(bounds);
}

std::uint64_t StoreThread::history_dropped() const {
  return core_->history_dropped();
}

}  // namespace ebbgate::storage
