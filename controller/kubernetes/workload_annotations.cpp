#include "controller/kubernetes/workload_annotations.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>

#include "base/text.h"
#include "controller/kubernetes/extra_objects.h"
#include "controller/kubernetes/pod_references.h"
#include "controller/kubernetes/wave_annotations.h"

namespace ebbgate::kubernetes {

namespace {

constexpr std::string_view kReloaderAuto = "reloader.stakater.com/auto";
constexpr std::string_view kGlobalHolds =
    "; all policy annotations of this workload are set aside, the global policy holds";

std::optional<std::string> value_of(const WorkloadObject& workload, std::string_view key) {
  const auto found = workload.annotations.find(key);
  if (found == workload.annotations.end()) return std::nullopt;
  return found->second;
}

std::string named(std::string_view key, const std::string& value) {
  return std::string(key) + ": \"" + value + "\"";
}

void read_opt_in(const WorkloadObject& workload, const Honor& honor,
                 WorkloadAnnotations& annotations) {
  const auto watch = value_of(workload, "ebbgate.io/watch");
  if (watch == "false") return;
  if (watch && watch != "true") {
    annotations.problems.push_back(named("ebbgate.io/watch", *watch) +
                                   " is neither \"true\" nor \"false\"; it counts as absent");
  }
  annotations.by_wave = honor.wave && value_of(workload, kWaveWatch) == "true";
  annotations.watched = watch == "true" || annotations.by_wave ||
                        (honor.reloader && value_of(workload, kReloaderAuto) == "true");
}

void read_hold(const WorkloadObject& workload, WorkloadAnnotations& annotations) {
  const auto text = value_of(workload, "ebbgate.io/hold");
  if (!text || text == "false") return;
  annotations.hold.held = true;
  if (text == "true") return;
  annotations.hold.until = parse_time(*text);
  if (!annotations.hold.until) {
    annotations.problems.push_back(
        named("ebbgate.io/hold", *text) +
        " is none of \"true\", \"false\" and a time such as 2026-12-24T18:00:00Z; the workload is "
        "held until this is mended");
  }
}

// Reads a workload's policy on top of the global one, all or nothing.
class PolicyReader final {
 public:
  PolicyReader(const WorkloadObject& workload, WorkloadAnnotations& annotations)
      : workload_(workload),
        annotations_(annotations),
        backoff_(annotations.backoff),
        settle_(annotations.settle) {}

  void read() {
    read_duration("ebbgate.io/backoff-base", backoff_.base);
    read_duration("ebbgate.io/backoff-max", backoff_.max);
    read_factor("ebbgate.io/backoff-factor", backoff_.factor);
    read_duration("ebbgate.io/stable-after", backoff_.stable_after);
    read_duration("ebbgate.io/unhealthy-max", backoff_.unhealthy_max);
    read_duration("ebbgate.io/settle", settle_.quiet);
    settle_.max = std::max(settle_.max, settle_.quiet);
    if (present_.empty() || misread_) return;
    const std::vector<std::string> nonsense = governor::validate(backoff_, settle_);
    for (const std::string& problem : nonsense) {
      annotations_.problems.push_back(present_ + ", with the global policy for the rest: " +
                                      problem + std::string(kGlobalHolds));
    }
    if (!nonsense.empty()) return;
    annotations_.backoff = backoff_;
    annotations_.settle = settle_;
  }

 private:
  void read_duration(std::string_view key, Duration& duration) {
    read_value(key, "no duration such as 500ms, 10s or 1m30s", [&](const std::string& text) {
      const auto value = parse_duration(text);
      duration = value.value_or(duration);
      return value.has_value();
    });
  }

  void read_factor(std::string_view key, double& factor) {
    read_value(key, "no number such as 2 or 1.5", [&](const std::string& text) {
      const char* const end = text.data() + text.size();
      const auto [stop, error] =
          std::from_chars(text.data(), end, factor, std::chars_format::fixed);
      return error == std::errc() && stop == end;
    });
  }

  void read_value(std::string_view key, const std::string& otherwise,
                  const std::function<bool(const std::string&)>& read_text) {
    const auto text = value_of(workload_, key);
    if (!text) return;
    present_ += (present_.empty() ? "" : ", ") + named(key, *text);
    if (read_text(*text)) return;
    misread_ = true;
    annotations_.problems.push_back(named(key, *text) + " is " + otherwise +
                                    std::string(kGlobalHolds));
  }

  const WorkloadObject& workload_;
  WorkloadAnnotations& annotations_;
  governor::BackoffSettings backoff_;
  governor::SettleSettings settle_;
  std::string present_;  // the annotations that are there, for messages
  bool misread_ = false;
};

void read_extra(const WorkloadObject& workload, WorkloadAnnotations& annotations) {
  const std::string& namespace_name = workload.key.namespace_name;
  for (const auto& [key, kind] : {std::pair("ebbgate.io/extra-configmaps", ConfigKind::config_map),
                                  std::pair("ebbgate.io/extra-secrets", ConfigKind::secret)}) {
    const auto list = value_of(workload, key);
    if (!list) continue;
    ExtraObjects extra = read_extra_objects(*list, kind, namespace_name);
    std::ranges::move(extra.objects, std::back_inserter(annotations.extra));
    for (const std::string& entry : extra.misread) {
      annotations.problems.push_back(named(key, entry) +
                                     " is none of name, namespace/name and either with :key; " +
                                     "it is left out, the others count");
    }
  }
  if (annotations.by_wave) {
    std::ranges::move(wave_extra_objects(workload.annotations, namespace_name),
                      std::back_inserter(annotations.extra));
  }
  normalize(annotations.extra);
}

}  // namespace

WorkloadAnnotations read_annotations(const WorkloadObject& workload, const Honor& honor,
                                     const governor::BackoffSettings& backoff,
                                     const governor::SettleSettings& settle) {
  WorkloadAnnotations annotations;
  annotations.backoff = backoff;
  annotations.settle = settle;
  read_opt_in(workload, honor, annotations);
  read_hold(workload, annotations);
  PolicyReader(workload, annotations).read();
  read_extra(workload, annotations);
  return annotations;
}

}  // namespace ebbgate::kubernetes
