#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/controller.h"
#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/shared_model.h"
#include "controller/kubernetes/update_exchange.h"
#include "tests/unit/controller/controller_test_support.h"
#include "tests/unit/kubernetes/provider_server.h"

namespace ebbgate::kubernetes::testing {

using namespace std::chrono_literals;
using ebbgate::testing::ClockByHand;
using ebbgate::testing::ObserverByHand;
using ebbgate::testing::StoreByHand;

/// What happens to one request that would change something.
enum class Fate {
  answered,
  refused,       ///< 403
  not_sent,      ///< the connection was refused
  lost,          ///< the request broke off and never arrived
  landed,        ///< its answer was lost
  late,          ///< its answer was lost, and it arrives with land_late()
  sent_twice,    ///< somebody on the way repeated it; the second answer came
  without_body,  ///< answered with something that is not understood
};

/// What a process finds when it starts.
enum class Disk { kept, empty, old };

/// A Controller, a ClusterModel and what sends updates, against a SimulatedServer, in virtual time
/// and one thread. Watches bring their news when the test says so.
class World {
 public:
  World();
  ~World();

  // Processes.
  void start(Disk disk = Disk::kept);
  void kill();
  void restart(Disk disk = Disk::kept);
  void save_disk() { old_ = disk_; }

  // News.
  void deliver_workload();
  void deliver_configuration();
  void deliver();
  void relist();  ///< what was not delivered is found by lists
  /// Whether there is something of the workload that was not delivered.
  bool has_news() const { return workload_news_ < server.news.size(); }

  /// Goes on until nothing is left to do at this moment.
  void pump();
  /// Lets time pass, and everything happen that is due; news are delivered unless `deaf`.
  void advance(Duration duration);
  void land_late();
  /// Everything delivered, rolled out and rested.
  void rest(Duration duration = 30min);
  /// A change of the configuration that is known.
  void change(const std::string& content);

  const governor::Workload& workload() const;
  // What the workload carries.
  std::uint64_t counter() const { return server.state().value().at("counter"); }
  int level() const { return server.state().value().at("level"); }
  std::vector<Notice> notices() const { return notices_; }
  std::size_t updates() const { return server.landings.size(); }
  /// Whether the workload's owner would call it done.
  bool converged() const;
  /// What the ConfigMap holds now, as an update would take it on.
  References workload_references() const;

  ClockByHand clock;
  SimulatedServer server;
  std::deque<Fate> fates;              ///< of the next updates; none: answered
  bool reads_fail = false;             ///< of the workload, after an update
  bool deaf = false;                   ///< time brings no news
  bool rolls_out = true;               ///< rollouts finish as time passes
  bool writes_records = true;          ///< the slow lane works
  std::function<void()> before_reply;  ///< once, between an update's effect and its answer
  WorkloadKey watched{"default", "Deployment", "web"};

 private:
  class Process;
  class Wire;

  std::optional<storage::Loaded> disk_;
  std::optional<storage::Loaded> old_;
  std::vector<std::string> late_;
  std::size_t workload_news_ = 0;  // delivered
  std::size_t config_news_ = 0;
  std::vector<Notice> notices_;
  std::unique_ptr<Process> process_;
};

/// A World whose workload is adopted and carries its state.
struct AdoptedWorld final : World {
  AdoptedWorld() {
    start();
    advance(1s);
  }
};

}  // namespace ebbgate::kubernetes::testing
