#include "controller/kubernetes/reflector.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/mutex.h"
#include "base/text.h"
#include "base/thread.h"
#include "controller/kubernetes/collection_url.h"
#include "controller/kubernetes/failure_log.h"
#include "controller/kubernetes/line_buffer.h"
#include "controller/kubernetes/reflector_plan.h"

namespace ebbgate::kubernetes {
namespace {

constexpr Duration kHeadDeadline = std::chrono::seconds(60);
constexpr Duration kPageSilence = std::chrono::seconds(30);
constexpr Duration kPageDeadline = std::chrono::minutes(5);
// A page of 500 objects of the size that etcd takes, and what escaping may add.
constexpr std::size_t kMostPage = std::size_t{1024} * 1024 * 1024;

struct Ended {
  ReadingEnd end = ReadingEnd::whole;
  std::optional<Duration> retry_after;
  std::string why;  // of a failure
};

Ended ended_by(const Response& response) {
  Ended ended{ReadingEnd::refused, response.retry_after, response.error};
  if (response.result != Response::Result::answered || response.status == 408 ||
      response.status == 429 || response.status >= 500) {
    ended.end = ReadingEnd::broken;
  } else if (response.status == 410) {
    ended.end = ReadingEnd::expired;
  } else if (response.status == 403) {
    ended.end = ReadingEnd::forbidden;
  } else if (response.ok()) {
    ended.end = ReadingEnd::whole;
  }
  return ended;
}

}  // namespace

class Reflector::Work {
 public:
  Work(ReflectorOptions options, Connector& connector, ReflectorSink& sink,
       ReflectorObserver& observer, std::function<double()> random)
      : options_(std::move(options)),
        connector_(connector),
        sink_(sink),
        observer_(observer),
        random_(std::move(random)),
        failures_(
            options_.resource + " (" + options_.path + ")",
            [this](const std::string& line) { observer_.warn(line); },
            [this](const std::string& line) { observer_.info(line); }) {}

  void make_thread() {
    {
      MutexLock lock(mutex_);
      stopping_ = false;
      begun_ = false;
    }
    thread_.demand("watch", "reading " + options_.resource, [this] {
      if (await_start()) run();
    });
  }

  void start() {
    if (!thread_.joinable()) make_thread();
    MutexLock lock(mutex_);
    begun_ = true;
    changed_.notify_all();
  }

  void stop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      if (connection_) connection_->interrupt();
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  // Whether it began before it was stopped.
  bool await_start() {
    MutexLock lock(mutex_);
    while (!begun_ && !stopping_) changed_.wait(mutex_);
    return begun_;
  }

  void run() {
    if (!connect()) return;
    ReflectorPlan plan(options_);
    bool list = true;
    bool told_forbidden = false;
    while (!stopping()) {
      const BootTime begin = BootClock::now();
      Ended ended = list ? read_list(told_forbidden) : read_watch();
      if (stopping()) break;
      const BootTime now = BootClock::now();
      // The server ends a watch when it was asked to, which may be when the next list is due.
      const bool due = now >= listed_at_ + options_.resync;
      if (!list && due && ended.end == ReadingEnd::whole) ended.end = ReadingEnd::resync;
      const auto next = plan.after(ended.end, !list, now - begin, ended.retry_after, random_());
      if (!next.in_doubt || !ever_listed_) tell(ended, now, told_forbidden);
      if (!next.restarted.empty()) {
        observer_.restarted(options_.resource, std::string(next.restarted));
      }
      list = next.list || due;
      if (!wait(next.wait)) break;
    }
    disconnect();
  }

  // Each has a thread's life of its own: an interrupted connection is of no use any more.
  bool connect() {
    while (true) {
      std::unique_ptr<Connection> connection;
      try {
        connection = connector_.connect();
      } catch (const std::system_error& error) {
        failures_.failed(error.what(), BootClock::now());
      }
      if (connection) {
        MutexLock lock(mutex_);
        connection_ = std::move(connection);
        if (stopping_) connection_->interrupt();
        return true;
      }
      if (!wait(options_.retry_longest)) return false;
    }
  }

  void disconnect() {
    std::unique_ptr<Connection> connection;
    MutexLock lock(mutex_);
    connection.swap(connection_);
  }

  Connection& connection() {
    MutexLock lock(mutex_);
    return *connection_;
  }

  bool stopping() {
    MutexLock lock(mutex_);
    return stopping_;
  }

  bool wait(Duration duration) {
    const BootTime until = BootClock::now() + duration;
    MutexLock lock(mutex_);
    while (!stopping_) {
      const Duration left = until - BootClock::now();
      if (left <= Duration::zero()) return true;
      changed_.wait_for(mutex_, left);
    }
    return false;
  }

  void tell(const Ended& ended, BootTime now, bool& told_forbidden) {
    switch (ended.end) {
      case ReadingEnd::whole:
        failures_.worked(now);
        return;
      case ReadingEnd::forbidden:
        if (!std::exchange(told_forbidden, true)) sink_.forbidden(ended.why);
        return;
      case ReadingEnd::resync:
      case ReadingEnd::expired:
        return;
      case ReadingEnd::silent:
      case ReadingEnd::broken:
      case ReadingEnd::refused:
      case ReadingEnd::misunderstood:
        failures_.failed(ended.why, now);
        return;
    }
  }

  Ended read_list(bool& told_forbidden) {
    const BootTime begin = BootClock::now();
    BootTime progress = begin + options_.progress_after;
    std::string continue_token;
    std::string page;
    for (int pages = 1;; ++pages) {
      Ended ended = read_page(continue_token, page);
      if (ended.end != ReadingEnd::whole) return ended;
      observer_.heard(options_.resource);
      // Only now is it known that it can be read.
      if (pages == 1) {
        sink_.list_begins();
        told_forbidden = false;
      }
      const auto end = sink_.page(page);
      if (!end || end->resource_version.empty()) {
        return {ReadingEnd::misunderstood, std::nullopt,
                "the answer to a list is no list: what answers is not the API server"};
      }
      const BootTime now = BootClock::now();
      if (end->continue_token.empty()) {
        resource_version_ = end->resource_version;
        listed_at_ = now;
        ever_listed_ = true;
        sink_.list_ended(resource_version_);
        if (progress > begin + options_.progress_after) {
          observer_.info(options_.resource + " (" + options_.path + "): listed in " +
                         rounded(now - begin));
        }
        return {};
      }
      continue_token = end->continue_token;
      if (now >= progress) {
        progress = now + options_.progress_after;
        observer_.info(options_.resource + " (" + options_.path + "): " + std::to_string(pages) +
                       " pages listed in " + rounded(now - begin) + ", " +
                       std::to_string(end->remaining) + " objects to come");
      }
    }
  }

  Ended read_page(const std::string& continue_token, std::string& page) {
    Request request;
    request.verb = "list";
    request.resource = options_.resource;
    request.path =
        list_url(options_.path, options_.field_selector, options_.page_size, continue_token);
    request.deadline = kHeadDeadline;
    page.clear();
    const BootTime deadline = BootClock::now() + kPageDeadline;
    bool late = false;
    bool too_long = false;
    const Response response =
        connection().stream(request, kPageSilence, [&](std::string_view piece) {
          too_long = page.size() + piece.size() > kMostPage;
          late = BootClock::now() >= deadline;
          if (!too_long) page += piece;
          return !late && !too_long;
        });
    if (too_long) {
      page = {};
      return {ReadingEnd::misunderstood, std::nullopt, "a page of a list is longer than may be"};
    }
    if (late) return {ReadingEnd::broken, std::nullopt, "a page of a list did not end in time"};
    return ended_by(response);
  }

  Ended read_watch() {
    Request request;
    request.verb = "watch";
    request.resource = options_.resource;
    request.path =
        watch_url(options_.path, options_.field_selector, resource_version_, watch_time());
    request.deadline = kHeadDeadline;
    lines_.clear();
    BootTime heard = BootClock::now();
    Ended by_event;
    const Response response =
        connection().stream(request, options_.silence, [&](std::string_view piece) {
          heard = BootClock::now();
          const bool go_on =
              lines_.add(piece, [&](std::string& line) { return take(line, by_event); });
          if (lines_.too_long()) {
            by_event = {ReadingEnd::misunderstood, std::nullopt,
                        "an event of the watch is longer than may be"};
          }
          if (go_on && heard >= listed_at_ + options_.resync) by_event.end = ReadingEnd::resync;
          return by_event.end == ReadingEnd::whole;
        });
    lines_.clear();
    if (by_event.end != ReadingEnd::whole) return by_event;
    Ended ended = ended_by(response);
    const bool quiet = BootClock::now() - heard >= options_.silence;
    if (response.result == Response::Result::broken && quiet) ended.end = ReadingEnd::silent;
    return ended;
  }

  // False ends the watch, for the reason in `ended`.
  bool take(std::string& line, Ended& ended) {
    observer_.heard(options_.resource);
    const auto event = sink_.event(line);
    if (!event) {
      ended = {ReadingEnd::misunderstood, std::nullopt, "an event of the watch is not understood"};
    } else if (event->type == EventEnd::Type::error) {
      ended.end = event->code == 410                         ? ReadingEnd::expired
                  : event->code >= 500 || event->code == 429 ? ReadingEnd::broken
                                                             : ReadingEnd::refused;
      ended.why = "the API server ended the watch with " + std::to_string(event->code) + ": " +
                  event->message;
    } else {
      if (!event->resource_version.empty()) resource_version_ = event->resource_version;
      failures_.worked(BootClock::now());
    }
    return ended.end == ReadingEnd::whole;
  }

  // Not past the next full list, which must not interrupt what comes.
  std::chrono::seconds watch_time() {
    const double random = 1.0 + random_();
    const auto wanted = Duration(
        static_cast<Duration::rep>(static_cast<double>(options_.watch_for.count()) * random));
    const Duration left = listed_at_ + options_.resync - BootClock::now();
    return std::max(std::chrono::ceil<std::chrono::seconds>(std::min(wanted, left)),
                    std::chrono::seconds(1));
  }

  static std::string rounded(Duration duration) {
    return format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
  }

  const ReflectorOptions options_;
  Connector& connector_;
  ReflectorSink& sink_;
  ReflectorObserver& observer_;
  const std::function<double()> random_;

  FailureLog failures_;
  LineBuffer lines_;
  std::string resource_version_;
  BootTime listed_at_;
  bool ever_listed_ = false;

  Mutex mutex_;
  Condition changed_;
  bool begun_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Connection> connection_ EBBGATE_GUARDED_BY(mutex_);
  Thread thread_;
};

Reflector::Reflector(ReflectorOptions options, Connector& connector, ReflectorSink& sink,
                     ReflectorObserver& observer, std::function<double()> random)
    : work_(std::make_unique<Work>(std::move(options), connector, sink, observer,
                                   std::move(random))) {}

Reflector::~Reflector() {
  stop();
}

void Reflector::make_thread() {
  work_->make_thread();
}

void Reflector::start() {
  work_->start();
}

void Reflector::stop() {
  work_->stop();
}

}  // namespace ebbgate::kubernetes
