#include "controller/reloader.h"

#include <sys/eventfd.h>

#include <thread>
#include <utility>

#include "base/descriptor.h"
#include "base/mutex.h"

namespace ebbgate {

struct Reloader::Reading {
  configuration::Source source;
  Descriptor ended{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Mutex mutex;
  std::optional<configuration::LoadResult> result EBBGATE_GUARDED_BY(mutex);
};

Reloader::Reloader(const configuration::Source& source) : shared_(std::make_shared<Reading>()) {
  shared_->source = source;
}

Reloader::~Reloader() = default;

void Reloader::begin() {
  again_ = reading_;
  if (reading_) return;
  reading_ = true;
  std::thread([shared = shared_] {
    configuration::LoadResult result = configuration::load(shared->source);
    const MutexLock lock(shared->mutex);
    shared->result = std::move(result);
    eventfd_write(shared->ended.get(), 1);
  }).detach();
}

int Reloader::descriptor() const {
  return shared_->ended.get();
}

std::optional<configuration::LoadResult> Reloader::take() {
  std::optional<configuration::LoadResult> result;
  {
    const MutexLock lock(shared_->mutex);
    eventfd_t count = 0;
    eventfd_read(shared_->ended.get(), &count);
    result = std::exchange(shared_->result, std::nullopt);
  }
  if (!result) return result;
  reading_ = false;
  if (std::exchange(again_, false)) begin();
  return result;
}

}  // namespace ebbgate
