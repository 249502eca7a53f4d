#pragma once

#include "metrics/feedback.h"

namespace ebbgate::metrics {

/// Of a process without peers. Any thread.
class NoFeedback final : public FeedbackSource {
 public:
  std::vector<PeerStatus> peers() override { return {}; }
  Offered offer(const std::string&, const std::string&, bool) override {
    return {Offered::What::no_peer, 0, 0, 0, {}};
  }
};

}  // namespace ebbgate::metrics
