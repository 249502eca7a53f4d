#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ebbgate::property {

/// One thing that happens to the world; `who`, `a` and `b` mean what the kind says. Plain values,
/// so that a failing history can be shortened.
struct Step {
  enum class Kind : std::uint8_t {
    wait,       ///< time passes: kWaits[a]
    change,     ///< reference a of workload `who` holds content b
    set,        ///< the references of `who` are those in the bits of a
    plan,       ///< what becomes of the next b + 1 attempts of `who`: Fate a
    readiness,  ///< how rollouts of `who` get ready from now on: Readiness a
    die,      ///< the process dies at its (a + 1)th contact with the outside, back after kDowns[b]
    reboot,   ///< the machine goes down now, and is back after kDowns[b]
    stop,     ///< a clean stop, back after kDowns[b]
    lose,     ///< the database is lost: the process dies now, and is back after kDowns[b]
    wall,     ///< the wall clock jumps by kJumps[a]
    disk,     ///< the disk hangs or fails (a odd) for kTroubles[b]; a ≥ 2: no mark can be set
    hold,     ///< a 0: `who` is not held; 1: held; 2: held until in kHolds[b] of wall time
    missing,  ///< a 1: the configuration of `who` is missing; 0: it is there
    release,  ///< `who` is released by hand
    policy,   ///< `who` has policy a
    limits,   ///< the shared limits are kLimits[a]
    remove,   ///< `who` exists no more
    give_back,  ///< `who` exists again
    resync,     ///< everything is observed again as it is
  };
  Kind kind = Kind::wait;
  int who = 0;
  int a = 0;
  int b = 0;
};

/// What becomes of an attempt.
enum class Fate : std::uint8_t {
  applied,
  slow,             ///< applied, but both effect and answer take seconds
  unknown,          ///< it takes effect; the answer does not say so
  unknown_nothing,  ///< it takes no effect, and nobody can tell
  unknown_late,     ///< it takes effect after its time-out was answered
  refused,          ///< sent, and surely not taken on
  not_sent,         ///< could not be sent
  not_prepared,     ///< could not be prepared
  dies_waiting,     ///< prepared, but gone before it is sent
};
inline constexpr int kFates = 9;

enum class Readiness : std::uint8_t { not_judged, quick, slow, fails, never };
inline constexpr int kReadinesses = 5;

struct History {
  std::uint32_t seed = 0;
  std::vector<Step> steps;
};

inline constexpr int kWorkloads = 4;
inline constexpr int kReferences = 3;
inline constexpr int kContents = 3;  ///< that each of them may hold

Duration wait_of(int a);
Duration down_of(int b);
Duration trouble_of(int b);
Duration hold_of(int b);
std::chrono::milliseconds jump_of(int a);

std::string describe(const Step& step);
std::ostream& operator<<(std::ostream& out, const Step& step);
std::ostream& operator<<(std::ostream& out, const History& history);

}  // namespace ebbgate::property
