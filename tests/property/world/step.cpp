#include "tests/property/world/step.h"

#include <array>
#include <cstddef>
#include <ostream>

#include "base/text.h"

namespace ebbgate::property {

using namespace std::chrono_literals;

namespace {

template <class Value, std::size_t size>
Value pick(const std::array<Value, size>& values, int index) {
  return values.at(static_cast<std::size_t>(index) % size);
}

constexpr std::array<Duration, 12> kWaits{0ms, 10ms, 50ms, 200ms, 500ms, 1s,
                                          2s,  5s,   20s,  70s,   130s,  700s};
constexpr std::array<Duration, 6> kDowns{0ms, 10ms, 500ms, 3s, 30s, 650s};
constexpr std::array<Duration, 4> kTroubles{300ms, 1500ms, 5s, 60s};
constexpr std::array<Duration, 4> kHolds{100ms, 3s, 30s, 900s};
constexpr std::array<std::chrono::milliseconds, 6> kJumps{10ms, -10ms, 3s, -3s, 1h, -1h};

}  // namespace

Duration wait_of(int a) {
  return pick(kWaits, a);
}
Duration down_of(int b) {
  return pick(kDowns, b);
}
Duration trouble_of(int b) {
  return pick(kTroubles, b);
}
Duration hold_of(int b) {
  return pick(kHolds, b);
}
std::chrono::milliseconds jump_of(int a) {
  return pick(kJumps, a);
}

std::string describe(const Step& step) {
  const std::string who = "w" + std::to_string(step.who);
  const std::string a = std::to_string(step.a);
  const std::string b = std::to_string(step.b);
  const std::string down = ", back after " + format_duration(down_of(step.b));
  switch (step.kind) {
    case Step::Kind::wait:
      return "wait " + format_duration(wait_of(step.a));
    case Step::Kind::change:
      return who + " r" + a + " holds " + b;
    case Step::Kind::set:
      return who + " references " + a;
    case Step::Kind::plan:
      return who + " fate " + a + " for " + std::to_string(step.b + 1);
    case Step::Kind::readiness:
      return who + " readiness " + a;
    case Step::Kind::die:
      return "die at contact " + a + down;
    case Step::Kind::reboot:
      return "reboot" + down;
    case Step::Kind::stop:
      return "stop" + down;
    case Step::Kind::lose:
      return "lose the database" + down;
    case Step::Kind::wall:
      return "wall clock jumps " + std::to_string(jump_of(step.a).count()) + "ms";
    case Step::Kind::disk:
      return std::string("disk ") + (step.a % 2 == 1 ? "fails" : "hangs") +
             (step.a >= 2 ? ", no marks" : "") + " for " + format_duration(trouble_of(step.b));
    case Step::Kind::hold:
      if (step.a == 2) return who + " held for " + format_duration(hold_of(step.b));
      return who + (step.a == 1 ? " held" : " not held");
    case Step::Kind::missing:
      return who + (step.a == 1 ? " missing" : " there");
    case Step::Kind::release:
      return who + " released";
    case Step::Kind::policy:
      return who + " policy " + a;
    case Step::Kind::limits:
      return "limits " + a;
    case Step::Kind::remove:
      return who + " removed";
    case Step::Kind::give_back:
      return who + " given back";
    case Step::Kind::resync:
      return "resync";
  }
  return "?";
}

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << describe(step);
}

std::ostream& operator<<(std::ostream& out, const History& history) {
  out << "seed " << history.seed << ":\n";
  for (const Step& step : history.steps) out << "  " << step << '\n';
  return out;
}

}  // namespace ebbgate::property
