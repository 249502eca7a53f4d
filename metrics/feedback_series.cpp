#include "metrics/feedback_series.h"

#include <array>
#include <string_view>
#include <tuple>

#include "metrics/series_text.h"

namespace ebbgate::metrics {

namespace {

// Writes one family after the other.
class Families {
 public:
  Families(std::string& out, const std::vector<PeerStatus>& peers) : out_(out), peers_(peers) {
    for (const PeerStatus& peer : peers) names_.push_back(escape_label_value(peer.name));
  }

  // A sample for each peer, of what `value` says.
  template <class Value>
  void simple(std::string_view type, std::string_view name, std::string_view help, Value value) {
    append_family(out_, name, help, type);
    for (std::size_t index = 0; index < peers_.size(); ++index) {
      sample(name, index, "", "", value(peers_[index]));
    }
  }

  // Samples for each peer and each of `labels`, which `counts` has in the same order.
  template <class Labels, class Counts>
  void counters(std::string_view name, std::string_view help, std::string_view label,
                const Labels& labels, Counts counts) {
    append_family(out_, name, help, "counter");
    for (std::size_t index = 0; index < peers_.size(); ++index) {
      const auto values = counts(peers_[index]);
      static_assert(std::tuple_size_v<decltype(values)> == std::tuple_size_v<Labels>);
      for (std::size_t at = 0; at < labels.size(); ++at) {
        sample(name, index, label, labels[at], values[at]);
      }
    }
  }

  void next_attempts(std::string_view name, std::string_view help, const Instant& now) {
    append_family(out_, name, help, "gauge");
    for (std::size_t index = 0; index < peers_.size(); ++index) {
      const auto& next = peers_[index].next_attempt;
      if (!next) continue;
      begin(name, index, "", "");
      append_seconds(out_,
                     now.wall.time_since_epoch() +
                         std::chrono::duration_cast<std::chrono::milliseconds>(*next - now.boot));
      out_ += '\n';
    }
  }

 private:
  void sample(std::string_view name, std::size_t peer, std::string_view label,
              std::string_view label_value, std::uint64_t value) {
    begin(name, peer, label, label_value);
    append_number(out_, value);
    out_ += '\n';
  }

  void begin(std::string_view name, std::size_t peer, std::string_view label,
             std::string_view label_value) {
    out_.append(name).append("{peer=\"").append(names_[peer]).append("\"");
    if (!label.empty()) {
      out_.append(",").append(label).append("=\"").append(label_value).append("\"");
    }
    out_.append("} ");
  }

  std::string& out_;
  const std::vector<PeerStatus>& peers_;
  std::vector<std::string> names_;
};

}  // namespace

void write_feedback_series(std::string& out, const std::vector<PeerStatus>& peers,
                           const Instant& now) {
  constexpr std::array<std::string_view, 3> kResults{"delivered", "rejected", "dropped"};
  Families families(out, peers);
  families.counters("ebbgate_reconnect_attempts_total", "Attempts to reach a peer, by outcome.",
                    "outcome", kReconnectOutcomeLabels,
                    [](const PeerStatus& peer) { return peer.attempts; });
  families.simple("gauge", "ebbgate_reconnect_backoff_level",
                  "Failed attempts that a peer's reconnect backoff has behind it.",
                  [](const PeerStatus& peer) { return static_cast<std::uint64_t>(peer.level); });
  families.simple("gauge", "ebbgate_peer_up", "1 while a connection to the peer stands.",
                  [](const PeerStatus& peer) { return std::uint64_t{peer.up ? 1U : 0U}; });
  families.next_attempts("ebbgate_peer_next_attempt_timestamp_seconds",
                         "When a peer that is not up is tried again.", now);
  families.simple("counter", "ebbgate_feedback_accepted_total",
                  "Messages taken for a peer, those restored at the start included.",
                  [](const PeerStatus& peer) { return peer.accepted; });
  families.counters(
      "ebbgate_feedback_messages_total",
      "Messages that a peer is done with, by what became of them.", "result", kResults,
      [](const PeerStatus& peer) {
        return std::array<std::uint64_t, 3>{peer.delivered, peer.rejected, peer.dropped};
      });
  families.simple("gauge", "ebbgate_feedback_queue_length", "Messages that wait for a peer.",
                  [](const PeerStatus& peer) { return std::uint64_t{peer.queued}; });
  families.simple("gauge", "ebbgate_feedback_in_flight",
                  "Messages that were sent to a peer and not yet answered.",
                  [](const PeerStatus& peer) { return std::uint64_t{peer.in_flight}; });
  families.counters("ebbgate_feedback_disconnects_total",
                    "Connections to a peer that ended, by reason.", "reason", kDisconnectLabels,
                    [](const PeerStatus& peer) { return peer.disconnects; });
}

}  // namespace ebbgate::metrics
