#include "controller/kubernetes/leader_election.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate::kubernetes {

using namespace std::chrono_literals;

namespace {

using Answer = LeaseCandidate::Answer;
using Phase = LeaseCandidate::Phase;
using What = LeaseCandidate::Step::What;

constexpr Duration kReleaseDeadline = 500ms;
constexpr int kReleaseTries = 2;
constexpr Duration::rep kNotLeading = 0;

Answer answer_of(What asked, Response response) {
  Answer answer;
  answer.retry_after = response.retry_after.value_or(Duration(0));
  if (response.ok()) {
    if (auto lease = parse_lease(response.body)) {
      answer.what = Answer::What::lease;
      answer.lease = std::move(*lease);
    } else {
      answer.error = "the API server's answer is not a Lease";
    }
    return answer;
  }
  answer.error = std::move(response.error);
  if (response.status == 409) answer.what = Answer::What::conflict;
  if (response.status == 404 && asked == What::read) answer.what = Answer::What::not_found;
  return answer;
}

}  // namespace

class LeaderElection::Work final {
 public:
  Work(LeaseSettings settings, Connector& connector, LeaderListener& listener,
       std::function<double()> random)
      : settings_(settings),
        connector_(connector),
        listener_(listener),
        candidate_(std::move(settings), std::move(random)),
        connection_(connector.connect()) {}

  void start() {
    thread_.demand("lease", "the lease", [this] { run(); });
  }

  void stop(bool release) {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      releasing_ = release;
      leads_until_ = kNotLeading;
    }
    stop_asked_.notify_all();
    connection_->interrupt();
    if (thread_.joinable()) thread_.join();
  }

  Duration lease_left() const {
    const Duration until(leads_until_.load());
    return std::max(until - BootClock::now().time_since_epoch(), Duration(0));
  }

  std::string holder() const {
    MutexLock lock(mutex_);
    return holder_;
  }

  std::string problem() const {
    MutexLock lock(mutex_);
    return problems_.empty() ? std::string() : problems_.begin()->second;
  }

 private:
  void run() {
    while (!stopping()) {
      const LeaseCandidate::Step step = candidate_.next(clock_.now());
      if (step.what == What::wait) {
        wait_until(step.until);
      } else if (step.what == What::end) {
        end_term();
        return;
      } else {
        ask(*connection_, step);
        tell();
      }
    }
    if (releasing()) release();
  }

  Answer send(Connection& connection, What what, std::string body, Duration deadline) {
    Request request;
    request.verb = what == What::read ? "get" : what == What::create ? "create" : "update";
    request.resource = "leases";
    request.path = "/apis/coordination.k8s.io/v1/namespaces/" + settings_.namespace_name +
                   "/leases" + (what == What::create ? "" : "/" + settings_.name);
    if (what != What::read) {
      request.method = what == What::create ? "POST" : "PUT";
      request.path += "?fieldManager=ebbgate";
      request.content_type = "application/json";
      request.body = std::move(body);
    }
    request.deadline = deadline;
    Response response = connection.send(request);
    const bool expected = response.status == 404 && what == What::read;
    if (response.ok() || expected || response.status == 409) {
      worked(what);
    } else if (!stopping()) {
      failed(response, what);
    }
    return answer_of(what, std::move(response));
  }

  // That a Lease can be read says nothing of whether it can be written.
  void worked(What what) {
    std::erase_if(warned_, [what](const Failure& failure) { return failure.what == what; });
    MutexLock lock(mutex_);
    problems_.erase(what);
  }

  // Texts of one failure differ (ports, times), so its kind is what is remembered.
  void failed(const Response& response, What what) {
    const Failure failure{response.result, response.status, what};
    const std::string line = "leader election: " + response.error;
    if (warned_.insert(failure).second) listener_.warn(line);
    MutexLock lock(mutex_);
    problems_[what] = line;
  }

  void ask(Connection& connection, const LeaseCandidate::Step& step) {
    const BootTime sent = BootClock::now();
    const Answer answer = send(connection, step.what, step.body, step.deadline);
    candidate_.answered(answer, sent, BootClock::now());
  }

  // Makes known what an answer changed.
  void tell() {
    const std::string& holder = candidate_.holder();
    if (candidate_.phase() == Phase::leading) {
      MutexLock lock(mutex_);
      if (stopping_) return;
      leads_until_ = candidate_.leads_until().time_since_epoch().count();
    } else {
      leads_until_ = kNotLeading;
    }
    if (holder != this->holder()) {
      {
        MutexLock lock(mutex_);
        holder_ = holder;
      }
      listener_.info(holder.empty() ? "nobody leads" : holder + " leads");
    }
    if (candidate_.phase() != Phase::leading || term_begun_) return;
    term_begun_ = true;
    listener_.leading(candidate_.term(), candidate_.term_before());
  }

  void end_term() {
    leads_until_ = kNotLeading;
    listener_.lost(candidate_.lost_because());
  }

  void wait_until(BootTime until) {
    MutexLock lock(mutex_);
    while (!stopping_) {
      const Duration left = until - BootClock::now();
      if (left <= Duration(0)) return;
      stop_asked_.wait_for(mutex_, left);
    }
  }

  // What was interrupted may have been written, so that a release meets a conflict first.
  void release() {
    std::unique_ptr<Connection> connection;
    try {
      connection = connector_.connect();
    } catch (const std::system_error& error) {
      // It ends by itself once its duration is over.
      listener_.warn(std::string("the lease is not released: ") + error.what());
      return;
    }
    for (int tries = 0; tries < kReleaseTries; ++tries) {
      std::optional<std::string> body = candidate_.release(clock_.now());
      if (!body) return;
      const Answer answer = send(*connection, What::update, std::move(*body), kReleaseDeadline);
      if (answer.what == Answer::What::lease || tries + 1 == kReleaseTries) return;
      ask(*connection, {What::read, {}, {}, kReleaseDeadline});
    }
  }

  bool stopping() const {
    MutexLock lock(mutex_);
    return stopping_;
  }

  bool releasing() const {
    MutexLock lock(mutex_);
    return releasing_;
  }

  struct Failure {
    Response::Result result;
    int status;
    What what;
    auto operator<=>(const Failure&) const = default;
  };

  const LeaseSettings settings_;
  Connector& connector_;
  LeaderListener& listener_;
  const SystemClock clock_;
  LeaseCandidate candidate_;
  const std::unique_ptr<Connection> connection_;
  std::atomic<Duration::rep> leads_until_{kNotLeading};
  std::set<Failure> warned_;
  bool term_begun_ = false;
  Thread thread_;

  mutable Mutex mutex_;
  Condition stop_asked_;
  std::string holder_ EBBGATE_GUARDED_BY(mutex_);
  std::map<What, std::string> problems_ EBBGATE_GUARDED_BY(mutex_);
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  bool releasing_ EBBGATE_GUARDED_BY(mutex_) = false;
};

LeaderElection::LeaderElection(LeaseSettings settings, Connector& connector,
                               LeaderListener& listener, std::function<double()> random)
    : work_(std::make_unique<Work>(std::move(settings), connector, listener, std::move(random))) {}

LeaderElection::~LeaderElection() {
  work_->stop(false);
}

void LeaderElection::start() {
  work_->start();
}

Duration LeaderElection::lease_left() const {
  return work_->lease_left();
}

std::string LeaderElection::holder() const {
  return work_->holder();
}

std::string LeaderElection::problem() const {
  return work_->problem();
}

void LeaderElection::stop(bool release) {
  work_->stop(release);
}

}  // namespace ebbgate::kubernetes
