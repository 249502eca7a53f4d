#include "controller/kubernetes/errand_runner.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "controller/kubernetes/object_names.h"
#include "controller/kubernetes/patch_request.h"
#include "controller/kubernetes/paths.h"
#include "controller/kubernetes/retries.h"
#include "controller/kubernetes/update_deadline.h"
#include "controller/kubernetes/wave_hash.h"
#include "controller/kubernetes/wiped_text.h"

namespace ebbgate::kubernetes {

namespace {

Response not_found() {
  Response response;
  response.result = Response::Result::answered;
  response.status = 404;
  return response;
}

}  // namespace

void ErrandRunner::add(const Errands& errands) {
  const MutexLock lock(mutex_);
  fetches_.insert(fetches_.end(), errands.fetch.begin(), errands.fetch.end());
  wave_checks_.insert(wave_checks_.end(), errands.wave_checks.begin(), errands.wave_checks.end());
  for (const WorkloadKey& key : errands.records) {
    if (queued_records_.insert(key).second) records_.push_back(key);
  }
  changed_.notify_all();
}

void ErrandRunner::start() {
  connection_ = parts_.connector.connect();
  thread_.demand("errands", "single reads of the API server", [this] { run(); });
}

void ErrandRunner::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (connection_) connection_->interrupt();
  if (thread_.joinable()) thread_.join();
}

void ErrandRunner::run() {
  while (true) {
    std::optional<ConfigName> object;
    std::optional<WorkloadKey> wave;
    std::optional<WorkloadKey> record;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      const BootTime now = BootClock::now();
      take_up_due(now);
      if (!fetches_.empty()) {
        object = std::move(fetches_.front());
        fetches_.pop_front();
      } else if (!wave_checks_.empty()) {
        wave = std::move(wave_checks_.front());
        wave_checks_.pop_front();
      } else if (records_.empty() || now < next_record_) {
        wait_for_work(now);
      } else {
        record = std::move(records_.front());
        records_.pop_front();
        queued_records_.erase(*record);
        next_record_ = now + parts_.pauses.between_records;
      }
    }
    if (object) fetch(*object);
    if (wave) check_wave(*wave);
    if (record) write_record(*record);
  }
}

void ErrandRunner::take_up_due(BootTime now) {
  if (retry_forbidden_ && now >= *retry_forbidden_) retry_forbidden();
  while (!later_fetches_.empty() && later_fetches_.begin()->first <= now) {
    fetches_.push_back(std::move(later_fetches_.begin()->second));
    later_fetches_.erase(later_fetches_.begin());
  }
  while (!later_checks_.empty() && later_checks_.begin()->first <= now) {
    queued_later_checks_.erase(later_checks_.begin()->second);
    wave_checks_.push_back(std::move(later_checks_.begin()->second));
    later_checks_.erase(later_checks_.begin());
  }
}

void ErrandRunner::wait_for_work(BootTime now) {
  std::optional<BootTime> next = retry_forbidden_;
  const auto not_after = [&](BootTime time) { next = next ? std::min(*next, time) : time; };
  if (!later_fetches_.empty()) not_after(later_fetches_.begin()->first);
  if (!later_checks_.empty()) not_after(later_checks_.begin()->first);
  if (!records_.empty()) not_after(next_record_);
  if (next) {
    changed_.wait_for(mutex_, *next - now);
  } else {
    changed_.wait(mutex_);
  }
}

Duration ErrandRunner::pause_after(const Response& response) {
  const RetryPolicy policy{parts_.pauses.after_failure, parts_.pauses.longest_after_failure};
  return retry_delay(policy, std::max(failures_, 1), response.retry_after, parts_.random());
}

void ErrandRunner::retry_forbidden() {
  retry_forbidden_.reset();
  problems_.clear();
  for (ConfigName& name : std::exchange(forbidden_fetches_, {})) {
    fetches_.push_back(std::move(name));
  }
  for (WorkloadKey& key : std::exchange(forbidden_records_, {})) {
    if (queued_records_.insert(key).second) records_.push_back(std::move(key));
  }
}

std::vector<std::string> ErrandRunner::problems() {
  const MutexLock lock(mutex_);
  std::vector<std::string> problems;
  for (const auto& [what, why] : problems_) problems.push_back(why);
  return problems;
}

void ErrandRunner::note(const Request& request, const std::string& namespace_name,
                        const Response& response) {
  if (!response.ok() && response.status != 403) return;
  const std::string what = request.verb + " " + request.resource + " " + namespace_name;
  bool news = false;
  {
    const MutexLock lock(mutex_);
    if (response.ok()) {
      told_.erase(what);
      problems_.erase(what);
    } else {
      news = told_.insert(what).second;
      problems_[what] = response.error;
      if (!retry_forbidden_) retry_forbidden_ = BootClock::now() + parts_.pauses.after_forbidden;
    }
  }
  if (news) parts_.warn(response.error);
}

Response ErrandRunner::get(const ConfigName& name) {
  // Of some references the API server takes any name, which must not lead to another path.
  if (!is_object_name(name.name) || !is_namespace_name(name.namespace_name)) return not_found();
  Request request;
  request.verb = "get";
  request.resource = plural_of(name.kind);
  request.path = path_of(name);
  Response response = connection_->send(request);
  failures_ = worth_retrying(response) ? failures_ + 1 : 0;
  note(request, name.namespace_name, response);
  return response;
}

void ErrandRunner::fetch(const ConfigName& name) {
  if (!parts_.model.use([&](ClusterModel& model) { return model.begin_fetch(name); })) return;
  Response response = get(name);
  const WipedText wiped(response.body);
  if (response.ok()) {
    const Interest interest =
        parts_.model.use([&](const ClusterModel& model) { return model.interest(name); });
    const auto object = parser_.config(response.body, name.kind, interest);
    if (object) {
      parts_.model.use([&](ClusterModel& model) { model.config_found(*object, Source::fetch); });
      return;
    }
  } else if (response.status == 404) {
    parts_.model.use([&](ClusterModel& model) { model.config_absent(name, 0); });
    return;
  } else if (response.status == 403) {
    parts_.model.use([&](ClusterModel& model) { model.config_forbidden(name, response.error); });
    const MutexLock lock(mutex_);
    forbidden_fetches_.push_back(name);
    return;
  }
  fetch_later(name, pause_after(response));
}

void ErrandRunner::fetch_later(const ConfigName& name, Duration pause) {
  const MutexLock lock(mutex_);
  later_fetches_.emplace(BootClock::now() + pause, name);
}

std::optional<ConfigObject> ErrandRunner::parse_copy(std::string body, ConfigKind kind) {
  const WipedText wiped(body);
  return parser_.config(body, kind, Interest{true, {}});
}

void ErrandRunner::check_wave(const WorkloadKey& key) {
  const auto references =
      parts_.model.use([&](const ClusterModel& model) { return model.wave_references(key); });
  if (!references) return;
  ClusterModel::Versions versions;
  Duration until_next = parts_.pauses.after_failure;
  const auto hash =
      WaveHash::of(*references, [&](const ConfigName& name) -> std::optional<std::string> {
        Response response = get(name);
        if (response.status == 404) {
          versions.emplace_back(name, 0);
          return std::string();
        }
        if (!response.ok()) {
          const bool forbidden = response.status == 403;
          until_next = forbidden ? parts_.pauses.after_forbidden : pause_after(response);
          return std::nullopt;
        }
        const WipedText wiped(response.body);
        const auto object = parse_copy(response.body, name.kind);
        if (!object) return std::nullopt;
        versions.emplace_back(name, object->resource_version);
        return std::move(response.body);
      });
  const bool decided = hash && parts_.model.use([&](ClusterModel& model) {
    return model.wave_checked(key, *hash, versions);
  });
  if (!decided) check_wave_later(key, until_next);
}

void ErrandRunner::check_wave_later(const WorkloadKey& key, Duration pause) {
  const MutexLock lock(mutex_);
  if (queued_later_checks_.insert(key).second) {
    later_checks_.emplace(BootClock::now() + pause, key);
  }
}

void ErrandRunner::write_record(const WorkloadKey& key) {
  if (parts_.lease_left() < kPatchDeadline) return write_later(key, parts_.pauses.after_failure);
  const auto update = parts_.model.use(
      [&](const ClusterModel& model) { return model.record_update(key, parts_.clock.now().wall); });
  if (!update) return;
  const Request request = patch_request(update->seen, update->body);
  Response response = connection_->send(request);
  failures_ = worth_retrying(response) ? failures_ + 1 : 0;
  note(request, key.namespace_name, response);
  if (response.ok()) {
    auto object = parser_.workload(response.body, update->seen.kind);
    if (!object) return;
    parts_.model.use([&](ClusterModel& model) { model.record_written(*std::move(object)); });
  } else if (response.status == 403) {
    const MutexLock lock(mutex_);
    forbidden_records_.push_back(key);
  } else if (response.status != 404 && response.status != 422) {
    // After a 404 or a 422 the watch tells what there is to do.
    write_later(key, pause_after(response));
  }
}

void ErrandRunner::write_later(const WorkloadKey& key, Duration pause) {
  const MutexLock lock(mutex_);
  if (queued_records_.insert(key).second) records_.push_back(key);
  next_record_ = BootClock::now() + pause;
}

}  // namespace ebbgate::kubernetes
