// Long because the parts of the advice on one workload must agree, and are worked out together.
#include "controller/advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "controller/failure_words.h"

namespace ebbgate {

namespace {

using governor::ClosedGate;
using governor::Gate;
using governor::HoldCause;

constexpr std::array kOpenedByRelease{Gate::settle, Gate::backoff, Gate::health, Gate::retry};

constexpr const char* kPastUnknown =
    "When it was updated last is not known for sure, so that counts from when Ebbgate saw it "
    "first.";
constexpr const char* kGoesThen = "the newest content goes out then";

class Adviser {
 public:
  explicit Adviser(const Situation& situation)
      : situation_(situation), showable_(printable(situation.key.text()) == situation.key.text()) {}

  Advice advice() {
    answer();
    if (closed(Gate::hold)) about_hold();
    if (closed(Gate::missing)) about_missing();
    if (situation_.failing) about_failure();
    if (!situation_.failing && (closed(Gate::health) || situation_.state == "unhealthy")) {
      about_readiness();
    }
    if (situation_.state == "rolling") about_rolling();
    if (situation_.past_unknown) {
      about_past();
    } else if (closed(Gate::backoff) && !closed(Gate::health) && !situation_.failing) {
      about_backoff();
    }
    if (closed(Gate::budget) || (closed(Gate::hold) && situation_.stopped)) about_budget();
    if (closed(Gate::unfinished)) about_unfinished();
    if (!situation_.unreadable.empty()) {
      say(situation_.unreadable + ".", "", "docs/configuration.md, Local workloads");
    }
    if (situation_.absent > 0) about_absent();
    if (reread_) about_reread();
    if (release_helps()) about_release();
    return std::move(advice_);
  }

 private:
  bool closed(Gate gate) const {
    return std::ranges::find(situation_.gates, gate, &ClosedGate::gate) != situation_.gates.end();
  }

  bool stopped() const { return situation_.stopped && closed(Gate::budget); }

  // A workload of a cluster carries its own state.
  bool lost() const {
    return situation_.past_unknown && !situation_.loss.empty() && situation_.level > 0 &&
           !situation_.kubernetes;
  }

  std::string level() const { return std::to_string(situation_.level); }

  void answer(std::string waits_for, std::string to_do) {
    advice_.waits_for = std::move(waits_for);
    advice_.to_do = std::move(to_do);
  }

  // Where nothing needs to be done but what other parts of the advice ask for. `then`: what comes
  // by itself.
  void answer_calmly(std::string waits_for, const std::string& then = "") {
    const bool absent = situation_.absent > 0 && !situation_.kubernetes;
    std::string to_do = absent ? "See whether what is absent is meant to be"
                        : !situation_.unreadable.empty() ? "See to what cannot be read"
                                                         : "Nothing needs to be done";
    if (!then.empty()) to_do += (to_do.starts_with("See") ? "; " : ": ") + then;
    answer(std::move(waits_for), to_do + ".");
  }

  void say(std::string text, std::string command = "", std::string read = "") {
    // A key that cannot be shown as it is could not be copied either.
    if (!showable_) command.clear();
    if (command.empty() && text.ends_with(':')) return;
    advice_.pieces.push_back({std::move(text), std::move(command), std::move(read)});
  }

  std::string resource() const {
    std::string kind = situation_.key.kind;
    std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return std::tolower(c); });
    return kind + "/" + situation_.key.name;
  }

  std::string kubectl(const std::string& verb, const std::string& rest = "") const {
    return "kubectl -n " + shell_word(situation_.key.namespace_name) + " " + verb + " " +
           shell_word(resource()) + rest;
  }

  void answer() {
    const std::string& state = situation_.state;
    if (state == "held") return answer_of_hold();
    if (state == "missing") {
      return answer("It waits for configuration that is missing or cannot be read: " +
                        situation_.missing + ".",
                    "Mend what is named; then it goes on by itself.");
    }
    if (state == "updating") return answer_of_attempt();
    if (state == "unhealthy") {
      return answer("Nothing waits, but its last rollout is not ready.", "See why, and mend it.");
    }
    if (state == "rolling") {
      return answer_calmly("Nothing waits: its last rollout is under way, within its time.");
    }
    if (state == "failing") {
      const FailureWords words = words_of_failure();
      return answer((stopped() ? "Its last update failed, and is not tried again while budget.rate "
                                 "is 0. "
                               : "Its last update failed, and is tried again. ") +
                        std::string(words.what),
                    std::string(words.to_do));
    }
    if (state == "waiting") return answer_of_wait();
    std::string waits_for = "Nothing waits: it runs with its newest configuration.";
    if (lost()) {
      waits_for =
          "Nothing waits: as its state was lost, what was there then is taken as applied, even if "
          "it had been waiting.";
    }
    if (situation_.level > 0) {
      waits_for += " Its next change waits as level " + level() +
                   " demands, until a rest forgives the level.";
    }
    if (lost()) {
      return answer(waits_for, "Where a change had been waiting, change the content once more.");
    }
    answer_calmly(waits_for);
  }

  void answer_of_attempt() {
    if (!situation_.failing) {
      return answer_calmly(situation_.newer_waits
                               ? "An update is on its way, and a newer change waits for its answer."
                               : "An update is on its way, and its answer is awaited.");
    }
    const FailureWords words = words_of_failure();
    answer("Its last update failed, and is tried again now: this is try " +
               std::to_string(situation_.failures + 1) + "." +
               (situation_.newer_waits ? " A newer change waits for its answer. " : " ") +
               std::string(words.what),
           std::string(words.to_do));
  }

  void answer_of_hold() {
    const std::string change =
        situation_.pending || situation_.due ? ", and an update waits." : "; nothing waits.";
    if (situation_.hold.cause == HoldCause::paused) {
      return answer("It is paused" + change, "Nothing goes out until it is resumed.");
    }
    if (situation_.hold.until) {
      const std::string text =
          "Its owner holds it until " + format_time(*situation_.hold.until) + change;
      const char* const also = situation_.stopped      ? "; raise budget.rate, which is 0, by then."
                               : closed(Gate::missing) ? "; mend what is missing by then."
                               : situation_.failing ? "; mend why its last update failed by then."
                                                    : nullptr;
      if (also != nullptr) return answer(text, std::string("The hold ends by itself") + also);
      return answer_calmly(text, "the hold ends by itself");
    }
    answer("Its owner holds it" + change, "Nothing goes out until its owner lifts the hold.");
  }

  // The gate with the latest end decides; one whose end is not known counts as latest.
  void answer_of_wait() {
    const auto later = [](const ClosedGate& left, const ClosedGate& right) {
      if (!right.until) return left.until.has_value();
      return left.until && *left.until < *right.until;
    };
    const auto last = std::ranges::max_element(situation_.gates, later);
    if (last == situation_.gates.end()) return answer_calmly("Its update goes out now.");
    switch (last->gate) {
      case Gate::settle:
        return answer_calmly(
            "Its configuration changed a moment ago, and is given time to come to rest.",
            kGoesThen);
      case Gate::backoff:
        return answer_calmly(
            situation_.past_unknown
                ? std::string(kPastUnknown) + " It waits for the delay of level " + level() + "."
                : "It was updated lately, and waits for the delay of level " + level() + ".",
            kGoesThen);
      case Gate::health:
        return answer((situation_.past_unknown
                           ? std::string(kPastUnknown) +
                                 " Nor is it known to be ready, so it waits for the longer delay "
                                 "of level "
                           : "Its last rollout is not ready, and waits for the longer delay of "
                             "level ") +
                          level() + ".",
                      "See why it is not ready; a fix in its configuration goes out then, too.");
      case Gate::budget:
        if (stopped()) {
          return answer(
              "budget.rate is 0, so that no update of any workload goes out until it is raised.",
              "Raise it where updates are to go out again; the newest content goes out then.");
        }
        return answer_calmly("It waits for its turn: all workloads share one budget of updates.",
                             "the newest content goes out in its turn");
      case Gate::unfinished:
        return answer_calmly(
            "As many rollouts as allowed are under way; it waits for one of them to end.");
      case Gate::retry:
        return answer("Its last update was refused and changed nothing; it is tried again.",
                      "Mend what the answer in the history says.");
      case Gate::hold:
        return answer_of_hold();
      case Gate::missing:
        return answer("It waits for configuration that is missing or cannot be read: " +
                          situation_.missing + ".",
                      "Mend what is named; then it goes on by itself.");
    }
  }

  void about_hold() {
    if (situation_.hold.cause == HoldCause::paused) {
      return say("To resume it:", kubectl("rollout resume"), "docs/kubernetes.md, Opting in");
    }
    if (situation_.kubernetes) {
      return say("To lift the hold:", kubectl("annotate", " ebbgate.io/hold-"),
                 "docs/kubernetes.md, Opting in");
    }
    reread_ = true;
    say("To lift the hold, take `hold` out of its entry in Ebbgate's configuration file.", "",
        "docs/configuration.md, Local workloads");
  }

  void about_missing() {
    if (situation_.kubernetes) {
      return say("To see what it refers to:", kubectl("describe"),
                 "docs/kubernetes.md, What counts as a change");
    }
    reread_ = true;
    say("Its entry in Ebbgate's configuration names the files under `watch`.", "",
        "docs/configuration.md, Local workloads");
  }

  FailureWords words_of_failure() const {
    if (situation_.cause) return words_of(*situation_.cause);
    return {"Why is told by its last error.", "Mend what that says."};
  }

  // The answer has said it already, unless something else comes first.
  void about_failure() {
    const FailureWords words = words_of_failure();
    if (situation_.state != "failing" && situation_.state != "updating") {
      say("Its last update failed. " + std::string(words.what) + " " + std::string(words.to_do));
    }
    if (!situation_.cause) return;
    switch (*situation_.cause) {
      case FailureCause::api_denied:
        return say("To see whether you may change it:",
                   "kubectl -n " + shell_word(situation_.key.namespace_name) +
                       " auth can-i patch " + shell_word(resource()),
                   "docs/kubernetes.md, Permissions");
      case FailureCause::api_unreachable:
      case FailureCause::api_server_error:
      case FailureCause::api_broken:
        return say("To ask the API server how it is:", "kubectl get --raw '/readyz?verbose'");
      case FailureCause::api_invalid:
      case FailureCause::api_conflict:
        return say("To see it as it is, with who wrote what:",
                   kubectl("get", " --show-managed-fields -o yaml"));
      default:
        if (!situation_.kubernetes) {
          reread_ = true;
          say("A fix in what it watches goes out at the next try; one elsewhere does too, except "
              "in Ebbgate's own configuration file.",
              "", "docs/configuration.md, Local workloads");
        }
    }
  }

  void about_readiness() {
    if (situation_.kubernetes) {
      return say("To see why its rollout is not ready:", kubectl("rollout status"),
                 "docs/configuration.md, backoff.unhealthy_max");
    }
    if (situation_.judged) {
      reread_ = true;
      return say(
          "Its `ready` in the configuration says what is asked; its last error and the history say "
          "what was answered last.",
          "", "docs/configuration.md, backoff.unhealthy_max");
    }
    say("The outcome of its last update is not known, which counts as not ready; the history below "
        "has what is known.",
        "", "docs/configuration.md, backoff.unhealthy_max");
  }

  void about_rolling() {
    if (situation_.kubernetes) say("To follow its rollout:", kubectl("rollout status"));
  }

  void about_past() {
    if (situation_.loss.empty() || situation_.level == 0) return;
    say("Mind that " + situation_.loss + ".", "", "docs/operations.md, What is stored, and where");
  }

  void about_backoff() {
    say("If changes keep coming, find who rewrites the references that are marked as changed.", "",
        "docs/configuration.md, backoff");
  }

  void about_budget() {
    reread_ = true;
    if (situation_.stopped) {
      return say(
          "Nothing goes out while `budget.rate` in Ebbgate's configuration is 0; 1 lets one update "
          "go each second.",
          "", "docs/configuration.md, budget");
    }
    say("`budget` in Ebbgate's configuration says how many updates all workloads share.", "",
        "docs/configuration.md, budget");
  }

  void about_unfinished() {
    // Where the reader reaches this Ebbgate is the reader's to know.
    advice_.pieces.push_back(
        {"To list the rollouts that are under way:", "ebbgate status --state rolling",
         "docs/configuration.md, unfinished", true});
  }

  // Whoever has changed the file would otherwise wait for nothing. The command names no workload,
  // so it can be copied whatever the key is.
  void about_reread() {
    const std::string read = "docs/configuration.md, Reload";
    if (situation_.process > 1) {
      advice_.pieces.push_back(
          {"A changed configuration file takes effect once Ebbgate reads it again. Run this where "
           "it runs, or `systemctl reload ebbgate` where it is a systemd service:",
           "kill -HUP " + std::to_string(situation_.process), read});
      return;
    }
    say("A changed configuration file takes effect once Ebbgate reads it again, which SIGHUP makes "
        "it do. It is process 1 of a container: `docker kill -s HUP CONTAINER` sends the signal "
        "from outside, `kill -HUP 1` from within.",
        "", read);
  }

  void about_absent() {
    const bool one = situation_.absent == 1;
    const std::string text =
        std::to_string(situation_.absent) +
        (one ? " of its references is absent" : " of its references are absent");
    if (situation_.kubernetes) {
      return say(text + ", which is allowed where a reference is optional.", "",
                 "docs/kubernetes.md, What counts as a change");
    }
    say(text +
            ": see that it is meant to be, and that its path under `watch` is right. When "
            "something "
            "appears there, that is a change.",
        "", "docs/configuration.md, Local workloads");
  }

  bool release_helps() const {
    return std::ranges::any_of(kOpenedByRelease, [&](Gate gate) { return closed(gate); }) &&
           !closed(Gate::hold) && !closed(Gate::missing);
  }

  void about_release() {
    const bool shared = closed(Gate::budget) || closed(Gate::unfinished);
    if (situation_.admin_socket.empty()) return;
    say(shared ? "To forgive its level, though what all workloads share holds it still, run this "
                 "where Ebbgate runs, as its user or root:"
               : "To let it go now, and forgive its level, run this where Ebbgate runs, as its "
                 "user or "
                 "root:",
        "ebbgate release " + shell_word(situation_.key.text()) + " --admin_socket " +
            shell_word(situation_.admin_socket));
  }

  const Situation& situation_;
  const bool showable_;
  bool reread_ = false;  // something tells to change Ebbgate's configuration
  Advice advice_;
};

}  // namespace

Advice advice_for(const Situation& situation) {
  return Adviser(situation).advice();
}

}  // namespace ebbgate
