#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/kubernetes/config_object.h"
#include "controller/kubernetes/reflector.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// Reads what the API server sends, on demand and without keeping more than is asked for. Keeps
/// its buffers; one thread at a time. All texts may be padded in place. What is not understood
/// (truncated, no list, no name or resource version) gives nothing.
class Parser final {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  using EachWorkload = std::function<void(WorkloadObject)>;
  using EachConfig = std::function<void(ConfigObject)>;

  /// One page of a list, whose items carry no kind of their own.
  std::optional<PageEnd> workload_page(std::string& json, WorkloadKind kind,
                                       const EachWorkload& each);
  /// Leaves out objects of no interest without reading their data.
  std::optional<PageEnd> config_page(std::string& json, ConfigKind kind, const InterestOf& interest,
                                     const EachConfig& each);

  template <class Object>
  struct Event {
    EventEnd end;
    std::optional<Object> object;  ///< of ADDED, MODIFIED, DELETED
    bool deleted = false;
  };
  std::optional<Event<WorkloadObject>> workload_event(std::string& json, WorkloadKind kind);
  /// Of an object of no interest: no object.
  std::optional<Event<ConfigObject>> config_event(std::string& json, ConfigKind kind,
                                                  const InterestOf& interest);

  std::optional<WorkloadObject> workload(std::string& json, WorkloadKind kind);
  std::optional<ConfigObject> config(std::string& json, ConfigKind kind, const Interest& interest);

 private:
  class Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace ebbgate::kubernetes
