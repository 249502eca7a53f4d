#include "controller/reloader.h"

#include <sys/eventfd.h>

#include <utility>

#include "base/descriptor.h"
#include "base/mutex.h"

namespace ebbgate {

struct Reloader::Reading {
  configuration::Source source;
  Descriptor ended{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Mutex mutex;
  Condition changed;
  bool wanted EBBGATE_GUARDED_BY(mutex) = false;
  bool over EBBGATE_GUARDED_BY(mutex) = false;
  std::optional<configuration::LoadResult> result EBBGATE_GUARDED_BY(mutex);

  // Whether it is to be read; false: never any more.
  bool await() EBBGATE_EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    while (!wanted && !over) changed.wait(mutex);
    wanted = false;
    return !over;
  }

  void run() EBBGATE_EXCLUDES(mutex) {
    while (await()) {
      configuration::LoadResult loaded = configuration::load(source);
      const MutexLock lock(mutex);
      result = std::move(loaded);
      eventfd_write(ended.get(), 1);
    }
  }
};

Reloader::Reloader(const configuration::Source& source) : shared_(std::make_shared<Reading>()) {
  shared_->source = source;
  shared_->source.again = true;
  thread_.demand("reload", "reading the configuration", [shared = shared_] { shared->run(); });
}

Reloader::~Reloader() {
  {
    const MutexLock lock(shared_->mutex);
    shared_->over = true;
    shared_->changed.notify_all();
  }
  if (reading_) thread_.detach();
}

void Reloader::begin() {
  again_ = reading_;
  if (reading_) return;
  reading_ = true;
  const MutexLock lock(shared_->mutex);
  shared_->wanted = true;
  shared_->changed.notify_all();
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
