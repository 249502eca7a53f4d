#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "controller/local/http_lookup.h"
#include "controller/local/http_target.h"
#include "controller/provider.h"
#include "controller/settings.h"

namespace ebbgate::local {

/// One HTTP request: applied for 2xx, refused where no connection came about, unknown otherwise.
/// Redirects are not followed, certificates are verified, the answer's body is read (within a
/// bound) and dropped, but for the beginning that explains a failure. perform() blocks a thread,
/// cut() ends it from another one at once: that is how a limit on the total time is kept whatever
/// the other side does.
class HttpHook final {
 public:
  /// How much of a body is read; a 2xx with a longer one is applied all the same.
  static constexpr std::size_t kMaxBody = std::size_t{1024} * 1024;
  /// How much of the body of a failure is told.
  static constexpr std::size_t kToldBody = 400;

  HttpHook(const HttpRequest& request, Duration timeout);

  /// Sends the request. Nothing where it was cut.
  std::optional<Answer> perform();
  /// Ends it for this cause, in words `reason`: the answer, refused only where nothing of the
  /// request can have left. Nothing where perform() has its answer already.
  std::optional<Answer> cut(FailureCause cause, const std::string& reason) EBBGATE_EXCLUDES(mutex_);

 private:
  Answer exchange();
  Answer request_from(const HttpTarget& target, const std::string& address, Duration connect_time,
                      bool& connected);
  void adopt_socket(int socket) EBBGATE_EXCLUDES(mutex_);
  bool is_cut() EBBGATE_EXCLUDES(mutex_);

  const HttpRequest request_;
  const BootTime deadline_;
  const std::variant<HttpTarget, std::string> target_;
  std::shared_ptr<HttpLookup> lookup_;

  Mutex mutex_;
  bool over_ EBBGATE_GUARDED_BY(mutex_) = false;
  // Our own descriptor of the connection: the client may close its one at any moment.
  Descriptor socket_ EBBGATE_GUARDED_BY(mutex_);
};

}  // namespace ebbgate::local
