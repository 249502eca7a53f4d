#include "controller/kubernetes/rollout_status.h"

#include <algorithm>
#include <charconv>

namespace ebbgate::kubernetes {

namespace {

bool read_amount(const JsonReader& reader, JsonReader::Value value, std::string& amount) {
  if (JsonReader::is_null(value) || JsonReader::raw_text(value)) return reader.read(value, amount);
  std::int32_t number = 0;
  if (!JsonReader::read(value, number)) return false;
  amount = std::to_string(number);
  return true;
}

bool read_strategy(const JsonReader& reader, JsonReader::Value value, RolloutSpec& spec) {
  return reader.members(value, [&](std::string_view key, JsonReader::Value field) {
    if (key == "type") return reader.read(field, spec.strategy);
    if (key != "rollingUpdate") return true;
    return reader.members(field, [&](std::string_view name, JsonReader::Value part) {
      if (name == "maxUnavailable") return read_amount(reader, part, spec.max_unavailable);
      if (name == "partition") return JsonReader::read(part, spec.partition);
      return true;
    });
  });
}

bool read_condition(const JsonReader& reader, JsonReader::Value value, RolloutStatus& status) {
  std::string type;
  std::string reason;
  const bool read = reader.members(value, [&](std::string_view key, JsonReader::Value field) {
    if (key == "type") return reader.read(field, type);
    if (key == "reason") return reader.read(field, reason);
    return true;
  });
  if (type == "Progressing" && reason == "ProgressDeadlineExceeded") {
    status.deadline_exceeded = true;
  }
  return read;
}

std::string_view default_max_unavailable(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return "25%";
    case WorkloadKind::stateful_set:
      return "0";
    case WorkloadKind::daemon_set:
      return "1";
  }
  return "0";
}

// Of an amount that is none: 0, which waits for every pod.
std::int32_t work_out(std::string_view amount, std::int32_t desired) {
  std::int64_t number = 0;
  const char* const end = amount.data() + amount.size();
  const auto [stop, error] = std::from_chars(amount.data(), end, number);
  if (error != std::errc()) return 0;
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (unit == "%") {
    number = std::clamp<std::int64_t>(number, 0, 100) * desired / 100;
  } else if (!unit.empty()) {
    return 0;
  }
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(number, 0, std::max(desired - 1, 0)));
}

}  // namespace

bool read_rollout_spec(const JsonReader& reader, std::string_view key, JsonReader::Value value,
                       RolloutSpec& spec) {
  if (key == "replicas")
    return JsonReader::is_null(value) || JsonReader::read(value, spec.replicas);
  if (key == "paused") return JsonReader::read(value, spec.paused);
  if (key == "strategy" || key == "updateStrategy") return read_strategy(reader, value, spec);
  return true;
}

bool read_rollout_status(const JsonReader& reader, JsonReader::Value value, WorkloadKind kind,
                         RolloutStatus& status) {
  const bool daemon_set = kind == WorkloadKind::daemon_set;
  return reader.members(value, [&](std::string_view key, JsonReader::Value field) {
    if (key == "observedGeneration") return JsonReader::read(field, status.observed_generation);
    if (key == "conditions") {
      return JsonReader::elements(field, [&](JsonReader::Value condition) {
        return read_condition(reader, condition, status);
      });
    }
    if (daemon_set) {
      if (key == "desiredNumberScheduled") return JsonReader::read(field, status.desired);
      if (key == "currentNumberScheduled") return JsonReader::read(field, status.current);
      if (key == "updatedNumberScheduled") return JsonReader::read(field, status.updated);
      if (key == "numberAvailable") return JsonReader::read(field, status.available);
      return true;
    }
    if (key == "replicas") return JsonReader::read(field, status.current);
    if (key == "updatedReplicas") return JsonReader::read(field, status.updated);
    if (key == "availableReplicas") return JsonReader::read(field, status.available);
    return true;
  });
}

void complete_status(const RolloutSpec& spec, WorkloadKind kind, RolloutStatus& status) {
  if (kind != WorkloadKind::daemon_set) status.desired = spec.replicas;
  if (kind == WorkloadKind::stateful_set) status.partition = spec.partition;
  // Recreating keeps no pod back, so nothing says how many may be missing in the end.
  const std::string_view amount = spec.strategy == "Recreate" ? "0"
                                  : spec.max_unavailable.empty()
                                      ? default_max_unavailable(kind)
                                      : std::string_view(spec.max_unavailable);
  status.max_unavailable = work_out(amount, status.desired);
}

}  // namespace ebbgate::kubernetes
