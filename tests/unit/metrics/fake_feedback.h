#pragma once

#include "metrics/feedback.h"

namespace ebbgate::metrics::test {

/// Peers as the test sets them; remembers what it was offered.
struct FakeFeedback final : FeedbackSource {
  struct Offer {
    std::string peer;
    std::string body;
    bool durable = false;
    bool operator==(const Offer&) const = default;
  };

  std::vector<PeerStatus> statuses;
  Offered answer;
  std::vector<Offer> offers;

  PeerStatus& add(const std::string& name) {
    statuses.emplace_back();
    statuses.back().name = name;
    statuses.back().socket = "/run/" + name + ".sock";
    return statuses.back();
  }

  std::vector<PeerStatus> peers() override { return statuses; }
  Offered offer(const std::string& peer, const std::string& body, bool durable) override {
    offers.push_back({peer, body, durable});
    return answer;
  }
};

}  // namespace ebbgate::metrics::test
