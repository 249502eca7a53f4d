#include "controller/kubernetes/workload_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controller/kubernetes/object_metadata.h"
#include "controller/kubernetes/pod_references.h"
#include "controller/kubernetes/rollout_status.h"
#include "controller/kubernetes/state_annotation.h"
#include "controller/kubernetes/template_digest.h"
#include "controller/kubernetes/wave_annotations.h"

namespace ebbgate::kubernetes {

namespace {

bool is_kept(std::string_view key) {
  return key.starts_with(kAnnotationPrefix) || key.starts_with("wave.pusher.com/") ||
         key.starts_with("reloader.stakater.com/") ||
         key.ends_with(".reloader.stakater.com/reload");
}

bool read_template_metadata(const JsonReader& reader, JsonReader::Value metadata,
                            WorkloadObject& workload) {
  return reader.members(metadata, [&](std::string_view key, JsonReader::Value annotations) {
    if (key != "annotations") return true;
    workload.template_has_annotations = !JsonReader::is_null(annotations);
    return reader.members(annotations, [&](std::string_view name, JsonReader::Value text) {
      if (name == kHashAnnotation) return reader.read(text, workload.hash.emplace());
      if (name == kWaveHash) return reader.read(text, workload.wave_hash.emplace());
      return true;
    });
  });
}

bool read_template(const JsonReader& reader, JsonReader::Value value, WorkloadObject& workload) {
  JsonReader::Object pod_template;
  if (value.get_object().get(pod_template) != simdjson::SUCCESS) return false;
  const auto digest = template_digest(reader, pod_template);
  bool any = false;
  if (!digest || pod_template.reset().get(any) != simdjson::SUCCESS) return false;
  workload.template_digest = *digest;
  return reader.members(pod_template, [&](std::string_view key, JsonReader::Value part) {
    if (key == "metadata") return read_template_metadata(reader, part, workload);
    if (key != "spec") return true;
    PodReferences references;
    if (!read_pod_references(reader, part, workload.key.namespace_name, references)) return false;
    workload.references = std::move(references.references);
    workload.wave_references = std::move(references.wave);
    return true;
  });
}

void add_wave_extra_objects(WorkloadObject& workload) {
  auto extra = wave_extra_objects(workload.annotations, workload.key.namespace_name);
  std::ranges::move(extra, std::back_inserter(workload.wave_references));
  normalize(workload.wave_references);
}

WorkloadObject begin(ObjectMetadata metadata, WorkloadKind kind) {
  WorkloadObject workload;
  workload.key = {std::move(metadata.namespace_name), std::string(name_of(kind)),
                  std::move(metadata.name)};
  workload.kind = kind;
  workload.uid = std::move(metadata.uid);
  workload.resource_version = metadata.resource_version;
  workload.generation = metadata.generation;
  workload.deleting = metadata.deleting;
  workload.annotations = std::move(metadata.annotations);
  workload.has_annotations = metadata.has_annotations;
  return workload;
}

}  // namespace

std::optional<WorkloadObject> read_workload(const JsonReader& reader, JsonReader::Object object,
                                            WorkloadKind kind) {
  auto metadata = read_metadata(reader, object, is_kept);
  bool any = false;
  if (!metadata || object.reset().get(any) != simdjson::SUCCESS) return std::nullopt;
  WorkloadObject workload = begin(*std::move(metadata), kind);
  RolloutSpec spec;
  const auto read_spec = [&](std::string_view key, JsonReader::Value value) {
    if (key == "template") return read_template(reader, value, workload);
    return read_rollout_spec(reader, key, value, spec);
  };
  bool has_spec = false;
  const bool read = reader.members(object, [&](std::string_view key, JsonReader::Value value) {
    if (key == "spec") {
      has_spec = true;
      return reader.members(value, read_spec);
    }
    return key != "status" || read_rollout_status(reader, value, kind, workload.status);
  });
  if (!read || !has_spec) return std::nullopt;
  complete_status(spec, kind, workload.status);
  workload.paused = spec.paused;
  workload.on_delete = spec.strategy == "OnDelete";
  add_wave_extra_objects(workload);
  return workload;
}

}  // namespace ebbgate::kubernetes
