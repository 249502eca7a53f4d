#pragma once

#include <functional>
#include <string>
#include <utility>

#include "controller/kubernetes/parser.h"
#include "controller/kubernetes/reflector.h"
#include "controller/kubernetes/shared_model.h"

namespace ebbgate::kubernetes {

using OnSettled = std::function<void(const std::string& forbidden)>;

/// Hands what a reflector reads of one collection to the model. `on_settled` is called after each
/// whole list, with nothing; and where the collection may not be read, with why.
class WorkloadSink final : public ReflectorSink {
 public:
  WorkloadSink(SharedModel& model, WorkloadKind kind, std::string namespace_name,
               OnSettled on_settled)
      : model_(model),
        kind_(kind),
        namespace_(std::move(namespace_name)),
        on_settled_(std::move(on_settled)) {}

  void list_begins() override;
  std::optional<PageEnd> page(std::string& json) override;
  void list_ended(const std::string& resource_version) override;
  std::optional<EventEnd> event(std::string& json) override;
  void forbidden(const std::string& why) override;

 private:
  SharedModel& model_;
  const WorkloadKind kind_;
  const std::string namespace_;
  const OnSettled on_settled_;
  Parser parser_;
};

class ConfigSink final : public ReflectorSink {
 public:
  ConfigSink(SharedModel& shared, ConfigKind kind, std::string namespace_name, OnSettled on_settled)
      : model_(shared),
        kind_(kind),
        namespace_(std::move(namespace_name)),
        on_settled_(std::move(on_settled)),
        interest_([this](const ConfigName& name) {
          return model_.use([&](ClusterModel& model) { return model.interest(name); });
        }) {}

  void list_begins() override;
  std::optional<PageEnd> page(std::string& json) override;
  void list_ended(const std::string& resource_version) override;
  std::optional<EventEnd> event(std::string& json) override;
  void forbidden(const std::string& why) override;

 private:
  SharedModel& model_;
  const ConfigKind kind_;
  const std::string namespace_;
  const OnSettled on_settled_;
  const InterestOf interest_;
  Parser parser_;
};

}  // namespace ebbgate::kubernetes
