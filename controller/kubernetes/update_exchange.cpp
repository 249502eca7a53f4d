#include "controller/kubernetes/update_exchange.h"

#include <utility>

#include "controller/kubernetes/patch_request.h"
#include "controller/kubernetes/patches.h"
#include "controller/kubernetes/paths.h"
#include "controller/kubernetes/update_deadline.h"

namespace ebbgate::kubernetes {

namespace {

constexpr Duration kReadDeadline = std::chrono::seconds(5);

bool is_refusal(const Response& response) {
  if (response.result != Response::Result::answered) return false;
  const bool client_error = response.status >= 400 && response.status < 500;
  // A server under load says 429 in plain text, before it does anything.
  return client_error && (response.has_status_body || response.status == 429);
}

// Of a 4xx. What is sent is well-formed, so a 400 too comes from admission control.
FailureCause cause_of_refusal(int status) {
  switch (status) {
    case 400:
    case 401:
    case 403:
      return FailureCause::api_denied;
    case 429:
      return FailureCause::api_throttled;
    default:
      return FailureCause::api_invalid;
  }
}

std::optional<WorkloadObject> read(const PreparedUpdate& update,
                                   const UpdateExchange::Tools& tools) {
  Request request;
  request.verb = "get";
  request.resource = plural_of(update.seen.kind);
  request.path = path_of(update.seen.kind, update.seen.key);
  request.deadline = kReadDeadline;
  Response response = tools.connection.send(request);
  if (!response.ok()) return std::nullopt;
  return tools.parser.workload(response.body, update.seen.kind);
}

}  // namespace

void UpdateExchange::run(const Attempt& attempt, const Digest& fingerprint,
                         const Tools& tools) const {
  if (parts_.lease_left() < kPatchDeadline) {
    return not_sent(attempt, FailureCause::lease_ending,
                    "too little is left of the lease to be sure to lead until it ends");
  }
  bool watched = false;
  const auto update = parts_.model.use([&](ClusterModel& model) {
    watched = model.find(attempt.key) != nullptr;
    return model.begin_update(attempt, fingerprint, parts_.clock.now().wall);
  });
  if (!update) {
    if (watched) {
      return not_sent(attempt, FailureCause::api_conflict,
                      "somebody else updated the workload meanwhile; it is decided anew");
    }
    return not_sent(attempt, FailureCause::not_configured,
                    "the workload is not there, or not watched, any more");
  }
  settle(attempt, *update, tools.connection.send(patch_request(update->seen, update->body)), tools);
}

void UpdateExchange::not_sent(const Attempt& attempt, FailureCause cause,
                              const std::string& why) const {
  Answer unsent = Answer::not_sent(cause, "not sent: " + why);
  unsent.decide_anew = cause == FailureCause::api_conflict;
  parts_.listener.answered(attempt.id, std::move(unsent));
}

void UpdateExchange::settle(const Attempt& attempt, const PreparedUpdate& update,
                            const Response& response, const Tools& tools) const {
  if (response.ok()) {
    std::string body = response.body;
    applied(attempt, "", tools.parser.workload(body, update.seen.kind), Source::watch);
  } else if (response.result == Response::Result::not_sent) {
    const FailureCause cause =
        response.own_resources ? FailureCause::own_resources : FailureCause::api_unreachable;
    answer(attempt, Answer::not_sent(cause, response.error), Ended::not_applied);
  } else if (response.result == Response::Result::answered && response.status == 422) {
    conflict(attempt, update, response, tools);
  } else if (is_refusal(response)) {
    Answer refusal = Answer::refused(cause_of_refusal(response.status), response.error);
    refusal.retry_after = response.retry_after;
    answer(attempt, refusal, Ended::not_applied);
  } else {
    resolve(attempt, update, response, tools);
  }
}

bool UpdateExchange::took_effect(const PreparedUpdate& update,
                                 const std::optional<WorkloadObject>& fresh) const {
  return parts_.model.use([&](const ClusterModel& model) {
    if (model.landed(update.seen.key)) return true;
    if (!fresh) return false;
    const auto carried = fresh->annotations.find(kStateAnnotation);
    return carried != fresh->annotations.end() &&
           carried->second == model.state_in_flight(update.seen.key);
  });
}

void UpdateExchange::conflict(const Attempt& attempt, const PreparedUpdate& update,
                              const Response& response, const Tools& tools) const {
  auto fresh = read(update, tools);
  // Somewhere on its way it was sent twice, and the second one failed.
  if (took_effect(update, fresh)) {
    return applied(attempt, "it is seen on the workload", std::move(fresh), Source::fetch);
  }
  Answer refusal = Answer::refused(cause_of_refusal(response.status), response.error);
  if (fresh && !passes_tests(*fresh, update.seen)) {
    // The watch tells in which order things happened, which the read cannot.
    static_cast<void>(parts_.model.wait(parts_.watch_patience, [&](const ClusterModel& model) {
      const WorkloadObject* known = model.find(update.seen.key);
      return known == nullptr || known->resource_version >= fresh->resource_version;
    }));
    refusal.detail = "somebody else wrote to the workload meanwhile; it is decided anew";
    refusal.decide_anew = true;
    refusal.cause = FailureCause::api_conflict;
  }
  answer(attempt, refusal, Ended::not_applied);
}

void UpdateExchange::resolve(const Attempt& attempt, const PreparedUpdate& update,
                             const Response& response, const Tools& tools) const {
  auto fresh = read(update, tools);
  if (took_effect(update, fresh)) {
    return applied(attempt,
                   "its answer was lost, but it is seen on the workload: " + response.error,
                   std::move(fresh), Source::fetch);
  }
  const FailureCause cause = response.result == Response::Result::answered
                                 ? FailureCause::api_server_error
                                 : FailureCause::api_broken;
  answer(attempt, Answer::unknown(cause, response.error),
         fresh ? Ended::not_applied : Ended::unknown);
}

void UpdateExchange::applied(const Attempt& attempt, std::string detail,
                             std::optional<WorkloadObject> updated, Source source) const {
  const Answer applied = Answer::applied(std::move(detail));
  parts_.model.use([&](ClusterModel& model) {
    // Both under the lock: what the model tells next belongs behind the answer.
    parts_.listener.answered(attempt.id, applied);
    model.update_applied(attempt.key, std::move(updated), source);
  });
}

void UpdateExchange::answer(const Attempt& attempt, const Answer& answer, Ended ended) const {
  parts_.model.use([&](ClusterModel& model) {
    parts_.listener.answered(attempt.id, answer);
    model.update_failed(attempt.key, ended);
  });
}

}  // namespace ebbgate::kubernetes
