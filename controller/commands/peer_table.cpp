#include "controller/commands/peer_table.h"

#include <string>
#include <utility>

#include "controller/commands/text_table.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

enum Place : std::size_t {
  name,
  state,
  level,
  next,
  queued,
  delivered,
  rejected,
  dropped,
  problem
};

constexpr std::size_t kLeastProblem = 20;
constexpr std::size_t kLeastName = 8;

}  // namespace

std::vector<std::vector<Line>> peer_table(const std::vector<SeenPeer>& peers, WallTime now,
                                          std::size_t width) {
  using Kind = Step::Kind;
  TextTable table({{"PEER", Overlong::middle},
                   {"STATE"},
                   {"LEVEL"},
                   {"NEXT ATTEMPT"},
                   {"QUEUED"},
                   {"DELIVERED"},
                   {"REJECTED"},
                   {"DROPPED"},
                   {"PROBLEM", Overlong::wrap}},
                  {{Kind::shrink, problem, 2 * kLeastProblem, ""},
                   {Kind::retitle, next, 0, "NEXT"},
                   {Kind::shrink, problem, kLeastProblem, ""},
                   {Kind::drop, delivered, 0, ""},
                   {Kind::drop, level, 0, ""},
                   {Kind::shrink, name, kLeastName, ""},
                   {Kind::drop, rejected, 0, ""},
                   {Kind::drop, dropped, 0, ""},
                   {Kind::shrink, problem, kLeastProblem / 2, ""}});
  for (const SeenPeer& peer : peers) {
    const auto number = [](std::int64_t value, Tone tone = Tone::plain) {
      return Span{std::to_string(value), value > 0 ? tone : Tone::plain};
    };
    table.add({{peer.name},
               {peer.up ? "up" : "down", peer.up ? Tone::good : Tone::bad},
               number(peer.level),
               {peer.next_attempt.empty() ? "" : due(peer.next_attempt, now)},
               number(peer.queued),
               number(peer.delivered),
               number(peer.rejected, Tone::waiting),
               number(peer.dropped, Tone::waiting),
               {peer.problem, Tone::bad}});
  }
  return table.blocks(width);
}

}  // namespace ebbgate::commands
