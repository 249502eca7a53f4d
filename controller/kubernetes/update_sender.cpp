#include "controller/kubernetes/update_sender.h"

#include <utility>

#include "controller/kubernetes/patches.h"
#include "controller/kubernetes/paths.h"
#include "controller/kubernetes/update_deadline.h"

namespace ebbgate::kubernetes {

namespace {

constexpr std::size_t kMostThreads = 8;
constexpr Duration kReadDeadline = std::chrono::seconds(5);
// The watch is behind a read by milliseconds.
constexpr Duration kWatchPatience = std::chrono::seconds(2);

Request patch_request(const PreparedUpdate& update) {
  Request request;
  request.verb = "patch";
  request.resource = plural_of(update.seen.kind);
  request.method = "PATCH";
  request.path = path_of(update.seen.kind, update.seen.key) + "?fieldManager=ebbgate&timeout=10s";
  request.content_type = "application/json-patch+json";
  request.body = update.body;
  request.deadline = kPatchDeadline;
  return request;
}

bool is_refusal(const Response& response) {
  if (response.result != Response::Result::answered) return false;
  const bool client_error = response.status >= 400 && response.status < 500;
  // A server under load says 429 in plain text, before it does anything.
  return client_error && (response.has_status_body || response.status == 429);
}

Answer refused(std::string detail) {
  Answer answer;
  answer.outcome = Outcome::refused;
  answer.detail = std::move(detail);
  return answer;
}

}  // namespace

UpdateSender::UpdateSender(const Parts& parts)
    : parts_(parts), pool_(parts.connector, kMostThreads) {}

void UpdateSender::send(const Attempt& attempt, const Digest& fingerprint) {
  const bool taken = pool_.submit([this, attempt, fingerprint](const WorkerPool::Tools& tools) {
    patch(attempt, fingerprint, tools);
  });
  if (taken) return;
  Answer answer = refused("Ebbgate is ending");
  answer.nothing_sent = true;
  parts_.listener.answered(attempt.id, std::move(answer));
}

void UpdateSender::patch(const Attempt& attempt, const Digest& fingerprint,
                         const WorkerPool::Tools& tools) {
  Answer unsent;
  unsent.outcome = Outcome::refused;
  unsent.nothing_sent = true;
  if (parts_.lease_left() < kPatchDeadline) {
    unsent.detail = "not sent: too little is left of the lease to be sure to lead until it ends";
    parts_.listener.answered(attempt.id, std::move(unsent));
    return;
  }
  const auto update = parts_.model.use([&](ClusterModel& model) {
    return model.begin_update(attempt, fingerprint, parts_.clock.now().wall);
  });
  if (!update) {
    unsent.detail = "not sent: the workload is not there, or not watched, any more";
    parts_.listener.answered(attempt.id, std::move(unsent));
    return;
  }
  settle(attempt, *update, tools.connection.send(patch_request(*update)), tools);
}

void UpdateSender::settle(const Attempt& attempt, const PreparedUpdate& update,
                          const Response& response, const WorkerPool::Tools& tools) {
  if (response.ok()) {
    std::string body = response.body;
    Answer applied;
    applied.outcome = Outcome::applied;
    answer(attempt, applied, Ended::applied, tools.parser.workload(body, update.seen.kind));
  } else if (response.result == Response::Result::not_sent) {
    Answer unsent = refused(response.error);
    unsent.nothing_sent = true;
    answer(attempt, unsent, Ended::not_applied);
  } else if (response.status == 422) {
    answer(attempt, conflict(update, response, tools), Ended::not_applied);
  } else if (is_refusal(response)) {
    Answer refusal = refused(response.error);
    refusal.retry_after = response.retry_after;
    answer(attempt, refusal, Ended::not_applied);
  } else {
    resolve(attempt, update, response, tools);
  }
}

Answer UpdateSender::conflict(const PreparedUpdate& update, const Response& response,
                              const WorkerPool::Tools& tools) {
  const auto fresh = read(update, tools);
  if (!fresh) return refused(response.error);
  if (passes_tests(*fresh, update.seen)) return refused(response.error);
  // The watch tells in which order things happened, which the read cannot.
  static_cast<void>(parts_.model.wait(kWatchPatience, [&](const ClusterModel& model) {
    const WorkloadObject* known = model.find(update.seen.key);
    return known == nullptr || known->resource_version >= fresh->resource_version;
  }));
  Answer anew = refused("somebody else wrote to the workload meanwhile; it is decided anew");
  anew.decide_anew = true;
  return anew;
}

void UpdateSender::resolve(const Attempt& attempt, const PreparedUpdate& update,
                           const Response& response, const WorkerPool::Tools& tools) {
  auto fresh = read(update, tools);
  Answer unknown;
  unknown.outcome = Outcome::unknown;
  unknown.detail = response.error;
  const auto state = parts_.model.use(
      [&](const ClusterModel& model) { return model.state_in_flight(update.seen.key); });
  if (!fresh) {
    const bool landed =
        parts_.model.use([&](const ClusterModel& model) { return model.landed(update.seen.key); });
    if (!landed) return answer(attempt, unknown, Ended::unknown);
  } else {
    const auto carried = fresh->annotations.find(kStateAnnotation);
    if (carried == fresh->annotations.end() || carried->second != state) {
      return answer(attempt, unknown, Ended::not_applied);
    }
  }
  Answer applied;
  applied.outcome = Outcome::applied;
  applied.detail = "its answer was lost, but it is seen on the workload: " + response.error;
  answer(attempt, applied, Ended::applied, std::move(fresh));
}

std::optional<WorkloadObject> UpdateSender::read(const PreparedUpdate& update,
                                                 const WorkerPool::Tools& tools) {
  Request request;
  request.verb = "get";
  request.resource = plural_of(update.seen.kind);
  request.path = path_of(update.seen.kind, update.seen.key);
  request.deadline = kReadDeadline;
  Response response = tools.connection.send(request);
  if (!response.ok()) return std::nullopt;
  return tools.parser.workload(response.body, update.seen.kind);
}

void UpdateSender::answer(const Attempt& attempt, const Answer& answer, Ended ended,
                          std::optional<WorkloadObject> updated) {
  parts_.model.use([&](ClusterModel& model) {
    // Both under the lock: what the model tells next belongs behind the answer.
    parts_.listener.answered(attempt.id, answer);
    model.end_update(attempt.key, ended, std::move(updated));
  });
}

}  // namespace ebbgate::kubernetes
