#pragma once

#include <rapidcheck.h>

#include "tests/property/world/step.h"

namespace ebbgate::property {

/// Any step that the kinds allow.
inline rc::Gen<Step> any_step(const rc::Gen<Step::Kind>& kind) {
  return rc::gen::map(rc::gen::tuple(kind, rc::gen::inRange(0, kWorkloads), rc::gen::inRange(0, 36),
                                     rc::gen::inRange(0, 12)),
                      [](const std::tuple<Step::Kind, int, int, int>& drawn) {
                        const auto& [of, who, a, b] = drawn;
                        switch (of) {
                          case Step::Kind::change:
                            return Step{of, who, a % kReferences, b % kContents};
                          case Step::Kind::set:
                            return Step{of, who, 1 + a % 7, 0};
                          case Step::Kind::plan:
                            return Step{of, who, a % kFates, b % 3};
                          case Step::Kind::readiness:
                            return Step{of, who, a % kReadinesses, 0};
                          case Step::Kind::die:
                            return Step{of, 0, a % 12, b % 6};
                          case Step::Kind::disk:
                            return Step{of, 0, a % 4, b % 4};
                          case Step::Kind::hold:
                            return Step{of, who, a % 3, b % 4};
                          case Step::Kind::missing:
                            return Step{of, who, a % 2, 0};
                          case Step::Kind::policy:
                          case Step::Kind::limits:
                            return Step{of, who, a % 6, 0};
                          case Step::Kind::wall:
                            return Step{of, 0, a % 6, 0};
                          case Step::Kind::wait:
                            return Step{of, 0, a % 12, 0};
                          default:
                            return Step{of, who, 0, b % 6};
                        }
                      });
}

/// Everything that can happen, the usual more often than the rare.
inline rc::Gen<Step::Kind> any_kind() {
  using Kind = Step::Kind;
  return rc::gen::weightedElement<Kind>({{24, Kind::wait},
                                         {22, Kind::change},
                                         {4, Kind::set},
                                         {6, Kind::plan},
                                         {3, Kind::readiness},
                                         {8, Kind::die},
                                         {2, Kind::reboot},
                                         {2, Kind::stop},
                                         {1, Kind::lose},
                                         {2, Kind::wall},
                                         {3, Kind::disk},
                                         {3, Kind::hold},
                                         {2, Kind::missing},
                                         {2, Kind::release},
                                         {2, Kind::policy},
                                         {2, Kind::limits},
                                         {2, Kind::remove},
                                         {3, Kind::give_back},
                                         {2, Kind::resync}});
}

/// What shortens waits where something is wrong: storms, deaths, and little in between.
inline rc::Gen<Step> stormy_step() {
  using Kind = Step::Kind;
  const auto kind = rc::gen::weightedElement<Kind>({{30, Kind::wait},
                                                    {30, Kind::change},
                                                    {4, Kind::plan},
                                                    {10, Kind::die},
                                                    {2, Kind::reboot},
                                                    {1, Kind::lose},
                                                    {2, Kind::disk},
                                                    {3, Kind::policy},
                                                    {1, Kind::limits},
                                                    {4, Kind::remove},
                                                    {6, Kind::give_back},
                                                    {2, Kind::readiness}});
  return rc::gen::map(any_step(kind), [](Step step) {
    step.who %= 2;
    if (step.kind == Kind::die || step.kind == Kind::lose) step.b %= 3;
    if (step.kind == Kind::change) step.a = 0;
    return step;
  });
}

inline rc::Gen<History> histories_of(const rc::Gen<Step>& step) {
  return rc::gen::build<History>(
      rc::gen::set(&History::seed, rc::gen::inRange<std::uint32_t>(0, 1000)),
      rc::gen::set(&History::steps, rc::gen::container<std::vector<Step>>(step)));
}

/// Half of them of all kinds of steps, half of them storms.
inline rc::Gen<History> histories() {
  return rc::gen::oneOf(histories_of(any_step(any_kind())), histories_of(stormy_step()));
}

}  // namespace ebbgate::property
