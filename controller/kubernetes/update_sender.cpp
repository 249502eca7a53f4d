#include "controller/kubernetes/update_sender.h"

#include <utility>

namespace ebbgate::kubernetes {

namespace {

constexpr std::size_t kMostThreads = 8;

}  // namespace

UpdateSender::UpdateSender(const Parts& parts)
    : listener_(parts.listener),
      exchange_({parts.model, parts.listener, parts.clock, parts.lease_left}),
      pool_(parts.connector, kMostThreads) {}

void UpdateSender::send(const Attempt& attempt, const Digest& fingerprint) {
  const bool taken = pool_.submit([this, attempt, fingerprint](const WorkerPool::Tools& tools) {
    exchange_.run(attempt, fingerprint, {tools.connection, tools.parser});
  });
  if (taken) return;
  listener_.answered(attempt.id,
                     Answer::not_sent(FailureCause::interrupted, "not sent: Ebbgate is ending"));
}

}  // namespace ebbgate::kubernetes
