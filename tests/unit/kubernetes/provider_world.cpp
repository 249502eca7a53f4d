#include "tests/unit/kubernetes/provider_world.h"

#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include "controller/kubernetes/wave_hash.h"
#include "tests/unit/kubernetes/provider_wire.h"

namespace ebbgate::kubernetes::testing {

namespace {

constexpr Duration kBetweenRecords = 100ms;

const governor::BackoffSettings kBackoff;
const governor::SettleSettings kNoSettle{0s, 0s};

ControllerSettings controller_settings() {
  ControllerSettings settings;
  settings.limits.budget.rate.reset();
  settings.policy = std::make_shared<governor::Policy>(kBackoff, kNoSettle);
  return settings;
}

}  // namespace

class World::Process final : public ProviderListener, public Provider {
 public:
  explicit Process(World& world, const storage::Loaded& loaded)
      : world_(world),
        wire_(world),
        model_({{}, kBackoff, kNoSettle}, *this,
               [this](Errands errands) { take(std::move(errands)); }),
        exchange_({model_, *this, world.clock, [] { return Duration(1h); }, Duration::zero()}),
        controller_(controller_settings(), world.clock, store_, *this, observer_,
                    [] { return 0.5; }) {
    controller_.begin(loaded);
    controller_.turn();
  }

  // As the loop has them: one after the other, behind a mailbox.
  void observed(Observation observation) override {
    post([observation = std::move(observation)](Controller& to) { to.observed(observation); });
  }
  void gone(const WorkloadKey& key) override {
    post([key](Controller& to) { to.gone(key); });
  }
  void listed() override {
    post([](Controller& to) { to.listed(); });
  }
  void prepared(AttemptId attempt, std::string witness) override {
    post(
        [attempt, witness = std::move(witness)](Controller& to) { to.prepared(attempt, witness); });
  }
  void answered(AttemptId attempt, Answer answer) override {
    post([attempt, answer = std::move(answer)](Controller& to) { to.answered(attempt, answer); });
  }
  void rolled_out(const WorkloadKey& key, bool ready, std::string why) override {
    post([key, ready, why = std::move(why)](Controller& to) { to.rolled_out(key, ready, why); });
  }

  std::string name() const override { return "kubernetes"; }
  bool carries_state() const override { return true; }
  void recover(const WorkloadKey& /*key*/, const std::string& /*witness*/) override {}
  void start() override {}
  void prepare(const Attempt& attempt) override { prepared(attempt.id, ""); }
  void send(const Attempt& attempt, const Digest& fingerprint) override {
    to_send_.emplace_back(attempt, fingerprint);
  }
  void cancel(const Attempt& /*attempt*/) override {}
  void remember(const WorkloadKey& key, const Remembered& remembered) override {
    model_.use([&](ClusterModel& model) { model.remember(key, remembered); });
  }
  void watch_rollout(const WorkloadKey& key) override {
    model_.use([&](ClusterModel& model) { model.watch_rollout(key); });
  }
  void stop(Duration /*patience*/) override {}

  void list(bool first) {
    model_.use([&](ClusterModel& model) {
      const std::uint64_t version = world_.server.resource_version();
      model.workload_list_begins(WorkloadKind::deployment, "");
      if (world_.server.exists())
        model.workload_found(read_workload(world_.server.get().body), Source::list);
      model.workload_list_ended(WorkloadKind::deployment, "", version);
      for (const ConfigKind kind : {ConfigKind::config_map, ConfigKind::secret}) {
        model.config_list_begins(kind, "");
        const auto config = world_.server.config();
        if (kind == ConfigKind::config_map && config) {
          if (auto object = read_config(*config, model)) model.config_found(*object, Source::list);
        }
        model.config_list_ended(kind, "", version);
      }
      if (first) model.synced();
    });
  }

  void hear(const SimulatedServer::News& news) {
    model_.use([&](ClusterModel& model) {
      if (!news.of_configuration) {
        WorkloadObject object = read_workload(news.json);
        if (news.deleted) {
          model.workload_deleted(object);
        } else {
          model.workload_found(std::move(object), Source::watch);
        }
      } else if (const auto object = read_config(news.json, model)) {
        if (news.deleted) {
          model.config_absent(object->name, object->resource_version);
        } else {
          model.config_found(*object, Source::watch);
        }
      }
    });
  }

  bool turn() {
    bool did = false;
    for (auto& event : std::exchange(mailbox_, {})) {
      event(controller_);
      did = true;
    }
    controller_.turn();
    if (committed_ < store_.batches.size()) {
      write_to_disk();
      controller_.committed(committed_);
      controller_.turn();
      did = true;
    }
    if (!to_send_.empty()) {
      const auto [attempt, fingerprint] = to_send_.front();
      to_send_.pop_front();
      exchange_.run(attempt, fingerprint, {wire_, parser_});
      did = true;
    }
    fetch();
    check_wave();
    return write_record() || did || !mailbox_.empty() || !to_send_.empty();
  }

  std::optional<BootTime> next() const {
    std::optional<BootTime> next = controller_.next_turn();
    if (!records_.empty() && world_.writes_records && (!next || next_record_ < *next)) {
      next = next_record_;
    }
    return next;
  }

  References references(const WorkloadKey& key) const {
    return controller_.record(*controller_.governor().find(key)).desired;
  }

  const governor::Workload& workload() const {
    return controller_.governor().workload(*controller_.governor().find(world_.watched));
  }

 private:
  void post(std::function<void(Controller&)> event) { mailbox_.push_back(std::move(event)); }

  void take(Errands errands) {
    for (WorkloadKey& record : errands.records) records_.insert(std::move(record));
    for (ConfigName& name : errands.fetch) fetches_.push_back(std::move(name));
    for (WorkloadKey& key : errands.wave_checks) wave_checks_.push_back(std::move(key));
    for (Notice& notice : errands.notices) world_.notices_.push_back(std::move(notice));
  }

  void fetch() {
    for (const ConfigName& name : std::exchange(fetches_, {})) {
      model_.use([&](ClusterModel& model) {
        const auto config = world_.server.config();
        std::optional<ConfigObject> object;
        if (name.name == "web" && config) object = read_config(*config, model);
        if (object) {
          model.config_found(*object, Source::fetch);
        } else {
          model.config_absent(name, 0);
        }
      });
    }
  }

  void check_wave() {
    for (const WorkloadKey& key : std::exchange(wave_checks_, {})) {
      model_.use([&](ClusterModel& model) {
        const auto references = model.wave_references(key);
        if (!references) return;
        const std::string config = world_.server.config().value_or("");
        const auto hash = WaveHash::of(*references, [&](const ConfigName&) { return config; });
        std::string copy = config;
        const auto object = parser_.config(copy, ConfigKind::config_map, Interest{true, {}});
        const std::uint64_t version = object ? object->resource_version : 0;
        const ConfigName name{ConfigKind::config_map, "default", "web"};
        CHECK(model.wave_checked(key, hash.value(), {{name, version}}));
      });
    }
  }

  bool write_record() {
    const BootTime now = world_.clock.now().boot;
    if (records_.empty() || now < next_record_ || !world_.writes_records) return false;
    const WorkloadKey key = *records_.begin();
    records_.erase(records_.begin());
    const auto update = model_.use(
        [&](ClusterModel& model) { return model.record_update(key, world_.clock.now().wall); });
    if (!update) return true;
    next_record_ = now + kBetweenRecords;
    const Response response = world_.server.patch(update->body);
    if (response.ok()) {
      model_.use([&](ClusterModel& model) { model.record_written(read_workload(response.body)); });
    }
    return true;
  }

  void write_to_disk() {
    if (!world_.disk_) world_.disk_.emplace();
    storage::Loaded& disk = *world_.disk_;
    disk.found = storage::Found::good;
    disk.same_boot = true;
    for (; committed_ < store_.batches.size(); ++committed_) {
      const storage::Batch& batch = store_.batches[committed_];
      const auto forget = [&](const WorkloadKey& key) {
        std::erase_if(disk.rows, [&](const storage::WorkloadRow& row) { return row.key == key; });
      };
      for (const storage::WorkloadRow& row : batch.rows) {
        forget(row.key);
        disk.rows.push_back(row);
      }
      for (const WorkloadKey& key : batch.removed) forget(key);
      if (batch.budget) disk.budget = batch.budget;
    }
  }

  WorkloadObject read_workload(std::string json) {
    return parser_.workload(json, WorkloadKind::deployment).value();
  }
  std::optional<ConfigObject> read_config(std::string json, const ClusterModel& model) {
    const ConfigName name{ConfigKind::config_map, "default", "web"};
    const Interest interest = model.interest(name);
    if (interest.empty()) return std::nullopt;
    return parser_.config(json, ConfigKind::config_map, interest);
  }

  World& world_;
  Wire wire_;
  Parser parser_;
  StoreByHand store_;
  ObserverByHand observer_;
  std::deque<std::function<void(Controller&)>> mailbox_;
  std::deque<std::pair<Attempt, Digest>> to_send_;
  std::set<WorkloadKey> records_;
  std::vector<ConfigName> fetches_;
  std::vector<WorkloadKey> wave_checks_;
  BootTime next_record_;
  std::size_t committed_ = 0;
  SharedModel model_;
  UpdateExchange exchange_;
  Controller controller_;
};

World::World() : server(clock) {}
World::~World() = default;

void World::start(Disk disk) {
  storage::Loaded loaded;
  if (disk == Disk::kept && disk_) loaded = *disk_;
  if (disk == Disk::old && old_) loaded = *old_;
  if (disk == Disk::empty) disk_.reset();
  if (disk == Disk::old) disk_ = old_;
  process_ = std::make_unique<Process>(*this, loaded);
  process_->list(true);
  workload_news_ = config_news_ = server.news.size();
  pump();
}

void World::kill() {
  process_.reset();
}

void World::restart(Disk disk) {
  kill();
  start(disk);
}

void World::relist() {
  process_->list(false);
  workload_news_ = config_news_ = server.news.size();
}

void World::deliver_workload() {
  for (; workload_news_ < server.news.size(); ++workload_news_) {
    const SimulatedServer::News news = server.news[workload_news_];
    if (!news.of_configuration) process_->hear(news);
  }
}

void World::deliver_configuration() {
  for (; config_news_ < server.news.size(); ++config_news_) {
    const SimulatedServer::News news = server.news[config_news_];
    if (news.of_configuration) process_->hear(news);
  }
}

void World::deliver() {
  if (!process_) return;
  std::size_t at = std::min(workload_news_, config_news_);
  for (; at < server.news.size(); ++at) {
    const SimulatedServer::News news = server.news[at];
    std::size_t& delivered = news.of_configuration ? config_news_ : workload_news_;
    if (at >= delivered) process_->hear(news);
  }
  workload_news_ = config_news_ = at;
}

void World::pump() {
  while (process_ && process_->turn()) {
    if (!deaf) deliver();
  }
}

void World::advance(Duration duration) {
  const BootTime end = clock.now().boot + duration;
  while (true) {
    if (rolls_out) server.finish_rollout();
    if (!deaf) deliver();
    pump();
    const BootTime now = clock.now().boot;
    if (now >= end) return;
    BootTime next = end;
    if (process_) {
      if (const auto turn = process_->next()) next = std::min(next, std::max(*turn, now + 1ns));
    }
    clock.advance(next - now);
  }
}

void World::land_late() {
  for (const std::string& body : std::exchange(late_, {})) server.patch(body);
}

void World::rest(Duration duration) {
  deaf = false;
  rolls_out = true;
  writes_records = true;
  reads_fail = false;
  fates.clear();
  advance(duration);
}

void World::change(const std::string& content) {
  server.write_config(content);
  deliver();
  pump();
}

const governor::Workload& World::workload() const {
  return process_->workload();
}

References World::workload_references() const {
  return process_->references(watched);
}

bool World::converged() const {
  return server.runs_the_latest();
}

}  // namespace ebbgate::kubernetes::testing
