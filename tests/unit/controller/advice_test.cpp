#include "controller/advice.h"

#include <set>

#include <doctest/doctest.h>

#include "controller/failure_words.h"

using namespace ebbgate;
using namespace std::chrono_literals;
using governor::Gate;

namespace {

Situation waiting(const std::string& kind, const std::vector<governor::ClosedGate>& gates,
                  const std::string& state = "waiting") {
  Situation situation;
  situation.key = {"shop", kind, "web"};
  situation.kubernetes = kind != "Local";
  situation.state = state;
  situation.gates = gates;
  situation.level = 4;
  situation.pending = true;
  situation.admin_socket = "/run/ebbgate/admin.sock";
  return situation;
}

Situation failing(const std::string& kind, std::optional<FailureCause> cause) {
  Situation situation =
      waiting(kind, {{Gate::retry, BootTime(5s)}, {Gate::health, BootTime(9s)}}, "failing");
  situation.failing = true;
  situation.cause = cause;
  return situation;
}

std::string all_of(const Advice& advice) {
  std::string text = advice.waits_for + "\n" + advice.to_do + "\n";
  for (const auto& piece : advice.pieces) text += piece.text + "|" + piece.command + "\n";
  return text;
}

std::string told(const Situation& situation) {
  return all_of(advice_for(situation));
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each cause of a failure has words of its own, and no other workload hears them") {
  std::set<std::string_view> sentences;
  for (int number = 0; number <= static_cast<int>(kLastFailureCause); ++number) {
    const FailureCause cause = *failure_cause(number);
    CAPTURE(name_of(cause));
    const FailureWords words = words_of(cause);
    CHECK(words.what.ends_with("."));
    CHECK(words.to_do.ends_with("."));
    CHECK(sentences.insert(words.what).second);
    const bool cluster = name_of(cause).starts_with("api") || cause == FailureCause::lease_ending;
    const char* kind = cluster ? "Deployment" : "Local";
    CHECK(holds(told(failing(kind, cause)), std::string(words.what)));
    CHECK(holds(told(failing(kind, cause)), std::string(words.to_do)));
    CHECK_FALSE(
        holds(told(waiting(kind, {{Gate::backoff, BootTime(5s)}})), std::string(words.what)));
    for (int other = 0; other <= static_cast<int>(kLastFailureCause); ++other) {
      if (other == number) continue;
      CHECK_FALSE(holds(told(failing(kind, failure_cause(other))), std::string(words.what)));
    }
  }
}

TEST_CASE("what fails is told of no storm, of no readiness, and how to be tried at once") {
  for (const char* kind : {"Local", "Deployment"}) {
    for (const auto cause :
         {std::optional(FailureCause::command_exit), std::optional<FailureCause>()}) {
      Situation situation = failing(kind, cause);
      situation.judged = true;
      situation.gates.push_back({Gate::backoff, BootTime(5s)});
      const std::string text = told(situation);
      CAPTURE(text);
      CHECK(holds(text, "Its last update failed, and is tried again."));
      CHECK(holds(text, "ebbgate release shop/"));
      for (const char* wrong : {"keep coming", "rewrites", "`ready`", "rollout", "level 4"}) {
        CHECK_FALSE(holds(text, wrong));
      }
    }
  }
}

TEST_CASE("an update in flight is told as what it is: a first try, a further one, one overtaken") {
  Situation updating = waiting("Local", {}, "updating");
  updating.pending = false;
  CHECK(advice_for(updating).waits_for == "An update is on its way, and its answer is awaited.");
  updating.newer_waits = true;
  CHECK(holds(told(updating), "and a newer change waits for its answer."));

  updating = failing("Local", FailureCause::command_exit);
  updating.state = "updating";
  updating.gates.clear();
  updating.failures = 3;
  const std::string text = told(updating);
  CAPTURE(text);
  CHECK(holds(text, "Its last update failed, and is tried again now: this is try 4. Its command"));
  CHECK_FALSE(holds(text, "newer change"));
  CHECK(text.find("Its last update failed") == text.rfind("Its last update failed"));
  updating.newer_waits = true;
  CHECK(holds(told(updating), "try 4. A newer change waits for its answer. Its command"));
}

TEST_CASE("what was not known to be updated is not said to have been, and a loss is told with it") {
  Situation lost = waiting("Local", {{Gate::backoff, BootTime(5s)}});
  lost.past_unknown = true;
  lost.loss = "the stored state was lost";
  for (const Gate gate : {Gate::backoff, Gate::health}) {
    lost.gates = {{gate, BootTime(5s)}};
    const std::string text = told(lost);
    CAPTURE(text);
    CHECK(holds(text, "When it was updated last is not known for sure"));
    CHECK(holds(text, "delay of level 4."));
    CHECK(holds(text, "Mind that the stored state was lost."));
    CHECK_FALSE(holds(text, "updated lately"));
    CHECK_FALSE(holds(text, "keep coming"));
  }
  lost.level = 0;
  CHECK_FALSE(holds(told(lost), "Mind that"));
  lost.level = 4;
  lost.loss.clear();
  CHECK_FALSE(holds(told(lost), "Mind that"));
  lost.loss = "the stored state was lost";
  lost.past_unknown = false;
  CHECK_FALSE(holds(told(lost), "lost"));
}

TEST_CASE("what is absent is told, with what that may mean") {
  Situation idle = waiting("Local", {}, "idle");
  CHECK_FALSE(holds(told(idle), "absent"));
  idle.absent = 1;
  CHECK(holds(told(idle), "1 of its references is absent: see that it is meant to be"));
  idle = waiting("Deployment", {}, "idle");
  idle.absent = 2;
  CHECK(holds(told(idle), "2 of its references are absent, which is allowed"));
}

TEST_CASE("nothing needs to be done only where no other advice asks for something") {
  const std::string calm = "Nothing needs to be done";
  Situation situation = waiting("Local", {}, "idle");
  CHECK(holds(told(situation), calm));
  situation.absent = 1;
  CHECK_FALSE(holds(told(situation), calm));
  CHECK(holds(advice_for(situation).to_do, "See whether what is absent is meant to be."));
  situation.absent = 0;
  situation.unreadable = "/x is a fifo, so put a file or folder in its place";
  CHECK_FALSE(holds(told(situation), calm));
  CHECK(holds(told(situation), "/x is a fifo"));
  CHECK_FALSE(holds(told(situation), "absent"));

  situation = waiting("Local", {{Gate::hold, std::nullopt}}, "held");
  situation.hold.until = WallTime(1h);
  situation.pending = false;
  CHECK(holds(told(situation), "; nothing waits."));
  CHECK(holds(told(situation), calm));
  situation.due = true;
  CHECK(holds(told(situation), ", and an update waits."));
  situation.stopped = true;
  CHECK_FALSE(holds(told(situation), calm));
  CHECK(holds(told(situation), "raise budget.rate"));
  CHECK(holds(told(situation), "1 lets one update go each second"));
}

TEST_CASE("after a loss what is there counts as applied, and how to send it is told") {
  Situation situation = waiting("Local", {}, "idle");
  situation.past_unknown = true;
  situation.loss = "the stored state was lost";
  CHECK(holds(told(situation), "what was there then is taken as applied"));
  CHECK(holds(told(situation), "change the content once more"));
  CHECK_FALSE(holds(told(situation), "runs with its newest configuration"));
  situation.loss.clear();
  CHECK(holds(told(situation), "runs with its newest configuration"));
}

TEST_CASE("readiness is spoken of only where somebody reports it") {
  Situation situation = waiting("Local", {}, "unhealthy");
  situation.judged = true;
  CHECK(holds(told(situation), "Its `ready` in the configuration"));
  situation.judged = false;
  CHECK_FALSE(holds(told(situation), "`ready`"));
  CHECK(holds(told(waiting("DaemonSet", {}, "unhealthy")),
              "|kubectl -n shop rollout status daemonset/web"));
  CHECK_FALSE(holds(told(waiting("DaemonSet", {}, "idle")), "rollout status"));
  CHECK(holds(told(waiting("Deployment", {}, "rolling")), "Nothing needs to be done"));
}

TEST_CASE("how a hold is lifted depends on who holds, as a value says it") {
  Situation held = waiting("Deployment", {{Gate::hold, std::nullopt}}, "held");
  held.hold = {true, std::nullopt, "spec.paused is what its owner wrote here"};
  CHECK(holds(told(held), "|kubectl -n shop annotate deployment/web ebbgate.io/hold-"));
  CHECK_FALSE(holds(told(held), "rollout resume"));
  held.hold.cause = governor::HoldCause::paused;
  CHECK(holds(told(held), "|kubectl -n shop rollout resume deployment/web"));
  CHECK_FALSE(holds(told(held), "ebbgate.io/hold-"));
  held = waiting("Local", {{Gate::hold, std::nullopt}}, "held");
  CHECK(holds(told(held), "take `hold` out of its entry"));
  CHECK_FALSE(holds(told(held), "ends by itself"));
  held.hold.until = WallTime(1h);
  CHECK(holds(told(held), "ends by itself"));
}

TEST_CASE("how a changed configuration is taken over is told once, and only where one helps") {
  const auto hints = [](Situation situation) {
    situation.process = 4321;
    const std::string text = told(situation);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find("|kill -HUP 4321\n", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  const Situation held = waiting("Local", {{Gate::hold, std::nullopt}}, "held");
  CHECK(hints(held) == 1);
  CHECK(
      hints(waiting(
          "Local",
          {{Gate::hold, std::nullopt}, {Gate::missing, std::nullopt}, {Gate::budget, std::nullopt}},
          "held")) == 1);
  CHECK(hints(waiting("Deployment", {{Gate::budget, std::nullopt}})) == 1);
  for (const FailureCause cause : {FailureCause::command_not_started, FailureCause::command_exit,
                                   FailureCause::command_killed, FailureCause::command_timeout,
                                   FailureCause::http_status, FailureCause::signal_file_stale}) {
    CHECK(hints(failing("Local", cause)) == 1);
  }
  CHECK(hints(failing("Deployment", FailureCause::api_denied)) == 0);
  Situation unhealthy = waiting("Local", {}, "unhealthy");
  CHECK(hints(unhealthy) == 0);
  unhealthy.judged = true;
  CHECK(hints(unhealthy) == 1);
  CHECK(hints(waiting("Deployment", {{Gate::hold, std::nullopt}}, "held")) == 0);
  CHECK(hints(waiting("Local", {{Gate::backoff, BootTime(5s)}})) == 0);
  CHECK(hints(waiting("Local", {}, "idle")) == 0);
  Situation inside = held;
  inside.process = 1;
  CHECK(holds(told(inside), "docker kill -s HUP CONTAINER"));
  CHECK_FALSE(holds(told(inside), "|kill -HUP"));
}

TEST_CASE("the gate that opens last is what it waits for") {
  const auto waits_for = [](const std::vector<governor::ClosedGate>& gates) {
    return advice_for(waiting("Local", gates)).waits_for;
  };
  CHECK(holds(waits_for({{Gate::settle, BootTime(1s)}}), "come to rest"));
  CHECK(holds(waits_for({{Gate::settle, BootTime(1s)}, {Gate::backoff, BootTime(9s)}}), "level 4"));
  CHECK(holds(waits_for({{Gate::backoff, BootTime(9s)}, {Gate::health, BootTime(20s)}}),
              "not ready"));
  CHECK(holds(waits_for({{Gate::backoff, BootTime(9s)}, {Gate::budget, std::nullopt}}), "turn"));
  CHECK(holds(waits_for({{Gate::unfinished, std::nullopt}}), "under way"));
  CHECK(holds(waits_for({}), "goes out now"));
}

TEST_CASE("a budget of rate 0 is told as what it is, and never as a turn that comes") {
  Situation situation =
      waiting("Local", {{Gate::backoff, BootTime(9s)}, {Gate::budget, std::nullopt}});
  situation.stopped = true;
  const Advice advice = advice_for(situation);
  CHECK(holds(advice.waits_for, "budget.rate is 0"));
  CHECK(holds(advice.to_do, "Raise it"));
  for (const char* wrong : {"turn", "Nothing needs to be done"}) {
    CHECK_FALSE(holds(all_of(advice), wrong));
  }
  situation = failing("Local", FailureCause::command_exit);
  situation.stopped = true;
  situation.gates.push_back({Gate::budget, std::nullopt});
  CHECK(holds(told(situation), "is not tried again while budget.rate is 0"));
}

TEST_CASE(
    "release is no advice where it opens nothing or is off, and no promise where it opens not "
    "all") {
  const std::string command =
      "|ebbgate release shop/Local/web --admin_socket /run/ebbgate/admin.sock";
  for (const Gate gate : {Gate::settle, Gate::backoff, Gate::health, Gate::retry}) {
    Situation situation = waiting("Local", {{gate, BootTime(5s)}});
    CHECK(holds(told(situation), "To let it go now"));
    CHECK(holds(told(situation), command));
    situation.admin_socket.clear();
    CHECK_FALSE(holds(told(situation), "ebbgate release"));
  }
  for (const Gate gate : {Gate::hold, Gate::missing}) {
    CHECK_FALSE(holds(told(waiting("Local", {{Gate::backoff, BootTime(5s)}, {gate, std::nullopt}})),
                      "ebbgate release"));
  }
  CHECK(holds(told(waiting("Local", {{Gate::backoff, BootTime(5s)}, {Gate::budget, std::nullopt}})),
              "what all workloads share holds it still"));
  CHECK_FALSE(holds(told(waiting("Local", {{Gate::budget, std::nullopt}})), "ebbgate release"));
}

TEST_CASE("a command for a shell has names in quotes, and none that cannot be shown") {
  Situation odd = waiting("Local", {{Gate::backoff, BootTime(5s)}});
  odd.key.name = "we b";
  CHECK(holds(told(odd), "|ebbgate release 'shop/Local/we b' "));
  odd.key.name = "we?b";
  CHECK(holds(told(odd), "|ebbgate release 'shop/Local/we?b' "));
  odd.key.name = "we\u202Eb";
  CHECK_FALSE(holds(told(odd), "ebbgate release"));
}
