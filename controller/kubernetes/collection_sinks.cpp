#include "controller/kubernetes/collection_sinks.h"

#include <charconv>
#include <vector>

#include "controller/kubernetes/wiped_text.h"

namespace ebbgate::kubernetes {

namespace {

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void WorkloadSink::list_begins() {
  model_.use([&](ClusterModel& model) { model.workload_list_begins(kind_, namespace_); });
}

std::optional<PageEnd> WorkloadSink::page(std::string& json) {
  std::vector<WorkloadObject> found;
  auto end = parser_.workload_page(
      json, kind_, [&](WorkloadObject object) { found.push_back(std::move(object)); });
  model_.use([&](ClusterModel& model) {
    for (WorkloadObject& object : found) model.workload_found(std::move(object), Source::list);
  });
  return end;
}

void WorkloadSink::list_ended(const std::string& resource_version) {
  model_.use([&](ClusterModel& model) {
    model.workload_list_ended(kind_, namespace_, number(resource_version));
  });
  on_settled_("");
}

std::optional<EventEnd> WorkloadSink::event(std::string& json) {
  auto event = parser_.workload_event(json, kind_);
  if (!event) return std::nullopt;
  if (event->object) {
    model_.use([&](ClusterModel& model) {
      if (event->deleted) {
        model.workload_deleted(*event->object);
      } else {
        model.workload_found(*std::move(event->object), Source::watch);
      }
    });
  }
  return event->end;
}

void WorkloadSink::forbidden(const std::string& why) {
  on_settled_(why);
}

void ConfigSink::list_begins() {
  model_.use([&](ClusterModel& model) { model.config_list_begins(kind_, namespace_); });
}

std::optional<PageEnd> ConfigSink::page(std::string& json) {
  const WipedText wiped(json);
  std::vector<ConfigObject> found;
  auto end = parser_.config_page(json, kind_, interest_,
                                 [&](ConfigObject object) { found.push_back(std::move(object)); });
  model_.use([&](ClusterModel& model) {
    for (const ConfigObject& object : found) model.config_found(object, Source::list);
  });
  return end;
}

void ConfigSink::list_ended(const std::string& resource_version) {
  model_.use([&](ClusterModel& model) {
    model.config_list_ended(kind_, namespace_, number(resource_version));
  });
  on_settled_("");
}

std::optional<EventEnd> ConfigSink::event(std::string& json) {
  const WipedText wiped(json);
  const auto event = parser_.config_event(json, kind_, interest_);
  if (!event) return std::nullopt;
  if (event->object) {
    model_.use([&](ClusterModel& model) {
      if (event->deleted) {
        model.config_absent(event->object->name, event->object->resource_version);
      } else {
        model.config_found(*event->object, Source::watch);
      }
    });
  }
  return event->end;
}

void ConfigSink::forbidden(const std::string& why) {
  model_.use([&](ClusterModel& model) { model.config_list_forbidden(kind_, namespace_, why); });
  on_settled_(why);
}

}  // namespace ebbgate::kubernetes
