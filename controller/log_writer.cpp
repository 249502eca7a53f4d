#include "controller/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate {

namespace {

// Whether all of it was written. May block for good.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      // Whoever shares the descriptor made it non-blocking.
      pollfd writable{descriptor, POLLOUT, 0};
      if (::poll(&writable, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Shared by the writer and its thread, which may hang for longer than the writer lives.
class LogWriter::Queue final {
 public:
  Queue(int descriptor, Notice notice) : descriptor_(descriptor), notice_(std::move(notice)) {}

  void push(std::string line) EBBGATE_EXCLUDES(mutex_) {
    line += '\n';
    const MutexLock lock(mutex_);
    if (bytes_ + line.size() > kRoom) {
      ++dropped_;
      return;
    }
    bytes_ += line.size();
    lines_.push_back(std::move(line));
    pushed_.notify_one();
  }

  void run() EBBGATE_EXCLUDES(mutex_) {
    std::uint64_t told = 0;
    while (true) {
      std::string line;
      std::uint64_t untold = 0;
      {
        const MutexLock lock(mutex_);
        while (lines_.empty() && !ended_) pushed_.wait(mutex_);
        if (lines_.empty()) return;
        line = std::move(lines_.front());
        lines_.pop_front();
        untold = dropped_ - told;
      }
      if (untold > 0 && write_all(descriptor_, notice_(untold) + "\n")) told += untold;
      const bool written = write_all(descriptor_, line);
      const MutexLock lock(mutex_);
      if (!written) ++dropped_;
      bytes_ -= line.size();
      if (bytes_ == 0) drained_.notify_all();
    }
  }

  void flush(Duration patience) EBBGATE_EXCLUDES(mutex_) {
    const BootTime deadline = BootClock::now() + patience;
    const MutexLock lock(mutex_);
    while (bytes_ > 0) {
      const Duration left = deadline - BootClock::now();
      if (left <= Duration::zero()) return;
      drained_.wait_for(mutex_, left);
    }
  }

  void end() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ended_ = true;
    pushed_.notify_one();
  }

  std::uint64_t dropped() EBBGATE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  const int descriptor_;
  const Notice notice_;
  Mutex mutex_;
  Condition pushed_;
  Condition drained_;
  std::deque<std::string> lines_ EBBGATE_GUARDED_BY(mutex_);
  std::size_t bytes_ EBBGATE_GUARDED_BY(mutex_) = 0;  // with the line that is being written
  std::uint64_t dropped_ EBBGATE_GUARDED_BY(mutex_) = 0;
  bool ended_ EBBGATE_GUARDED_BY(mutex_) = false;
};

LogWriter::LogWriter(int descriptor, Notice notice, Duration patience)
    : patience_(patience), queue_(std::make_shared<Queue>(descriptor, std::move(notice))) {
  // Not joined: it may be in a write that does not return.
  if (const int error = start_detached("log", [queue = queue_] { queue->run(); })) {
    throw NoThread("the log", error);
  }
}

LogWriter::~LogWriter() {
  queue_->flush(patience_);
  queue_->end();
}

void LogWriter::write(std::string line) {
  queue_->push(std::move(line));
}

void LogWriter::flush(Duration patience) {
  queue_->flush(patience);
}

std::uint64_t LogWriter::dropped() const {
  return queue_->dropped();
}

}  // namespace ebbgate
