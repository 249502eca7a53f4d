#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/kubernetes/connection.h"

namespace ebbgate::kubernetes {

/// What a reflector needs to know of one page of a list.
struct PageEnd {
  std::string resource_version;
  std::string continue_token;  ///< empty: this was the last page
  std::int64_t remaining = 0;  ///< objects still to come, when the server says so
};

/// What a reflector needs to know of one event of a watch.
struct EventEnd {
  enum class Type { object, bookmark, error };
  Type type = Type::object;
  std::string resource_version;  ///< of the object or bookmark
  int code = 0;                  ///< of an error: 410 means that a list is needed
  std::string message;           ///< of an error
};

/// Who gets what a reflector reads. All calls come from the reflector's thread.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  /// A list begins (again): what is not in it by list_ended() does not exist any more.
  virtual void list_begins() = 0;
  /// One page, as JSON, which may be changed and padded in place. Nothing: it is not understood.
  virtual std::optional<PageEnd> page(std::string& json) = 0;
  /// The list is whole, as of `resource_version`.
  virtual void list_ended(const std::string& resource_version) = 0;
  /// One event of the watch, as JSON, as page().
  virtual std::optional<EventEnd> event(std::string& json) = 0;
  /// The resource cannot be read (403), with what to do. Said once, until it can be read again
  /// (list_begins() then follows); of what could be read before, only when it lasts.
  virtual void forbidden(const std::string& why) = 0;
};

/// Who hears how reading goes, for metrics and logs. Any thread; must not block.
class ReflectorObserver {
 public:
  virtual ~ReflectorObserver() = default;
  /// Anything came in for this resource (bookmarks too).
  virtual void heard(const std::string& resource) = 0;
  /// A watch had to begin anew: `expired` (410), `silent`, `broken`, `resync`, `forbidden`. The
  /// server's regular end of a watch is none.
  virtual void restarted(const std::string& resource, const std::string& reason) = 0;
  virtual void info(const std::string& line) = 0;
  virtual void warn(const std::string& line) = 0;
};

struct ReflectorOptions {
  std::string resource;        ///< plural, as metrics name it: configmaps
  std::string path;            ///< of the collection: /api/v1/namespaces/web/configmaps
  std::string field_selector;  ///< empty: none
  int page_size = 500;
  Duration resync = std::chrono::minutes(10);  ///< a full list as often
  /// A watch on which nothing came for so long, not even a bookmark, is replaced (the API server
  /// sends bookmarks about once a minute).
  Duration silence = std::chrono::seconds(90);
  /// The server is asked to end each watch after a random time between this and its double.
  Duration watch_for = std::chrono::minutes(5);
  /// A list that takes longer says so, as often.
  Duration progress_after = std::chrono::seconds(5);
  Duration retry_first = std::chrono::seconds(1);  ///< the bounds of the wait after a failure
  Duration retry_longest = std::chrono::seconds(30);
  /// How soon what is forbidden is tried again (up to ten times later where only watching is),
  /// after four tries as after other failures: an API server that has just started forbids
  /// everything.
  Duration retry_forbidden = std::chrono::seconds(30);
};

/// Follows one collection for ever: a consistent, paged list, then watches with bookmarks, resumed
/// at their resource version; listed anew on 410, on what it does not understand, and every
/// `resync`. Failures are retried with a growing, jittered wait (1 s to 30 s; Retry-After counts).
/// Owns a thread and a connection from start() to stop(). Lists and watches both go through
/// Connection::stream(), into one buffer that is given back after a list and after a long event.
class Reflector final {
 public:
  /// All must outlive the reflector. `random` gives numbers in [0, 1) on the reflector's thread.
  Reflector(ReflectorOptions options, Connector& connector, ReflectorSink& sink,
            ReflectorObserver& observer, std::function<double()> random);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  /// Makes its thread, which does nothing before start(). Throws NoThread.
  void make_thread();
  /// Begins, with the thread that was made; otherwise makes it. May be called again after stop():
  /// it begins with a list then too.
  void start();
  /// Ends at once, also in the middle of a list. May be called twice.
  void stop();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace ebbgate::kubernetes
