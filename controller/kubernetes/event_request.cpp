#include "controller/kubernetes/event_request.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace ebbgate::kubernetes {

namespace {

using Json = nlohmann::json;

constexpr const char* kComponent = "ebbgate";

// Kubernetes' times are whole seconds.
std::string event_time(WallTime time) {
  constexpr std::size_t kToTheSecond = 19;
  return format_time(time).substr(0, kToTheSecond) + "Z";
}

// At most as long as Kubernetes takes it, cut between characters.
std::string event_message(const std::string& message) {
  constexpr std::size_t kLongest = 1024;
  std::size_t end = std::min(message.size(), kLongest);
  while (end > 0 && end < message.size() &&
         (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) {
    --end;
  }
  return message.substr(0, end);
}

Json whole_event(const EventWrite& write) {
  const EventTarget& target = write.target;
  Json object = {{"apiVersion", "apps/v1"},
                 {"kind", target.key.kind},
                 {"namespace", target.key.namespace_name},
                 {"name", target.key.name},
                 {"uid", target.uid}};
  if (target.resource_version != 0) {
    object["resourceVersion"] = std::to_string(target.resource_version);
  }
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata", {{"name", write.name}, {"namespace", target.key.namespace_name}}},
          {"involvedObject", std::move(object)},
          {"reason", name_of(write.reason)},
          {"message", event_message(write.message)},
          {"type", write.type == EventType::normal ? "Normal" : "Warning"},
          {"source", {{"component", kComponent}}},
          {"reportingComponent", kComponent},
          {"reportingInstance", ""},
          {"firstTimestamp", event_time(write.first)},
          {"lastTimestamp", event_time(write.last)},
          {"count", write.count}};
}

Json raised_event(const EventWrite& write) {
  return {{"count", write.count},
          {"lastTimestamp", event_time(write.last)},
          {"message", event_message(write.message)}};
}

}  // namespace

Request event_request(const EventWrite& write) {
  Request request;
  request.resource = "events";
  request.path = "/api/v1/namespaces/" + write.target.key.namespace_name + "/events";
  request.deadline = std::chrono::seconds(10);
  if (write.create) {
    request.verb = "create";
    request.method = "POST";
    request.content_type = "application/json";
  } else {
    request.verb = "patch";
    request.method = "PATCH";
    request.path += "/" + write.name;
    request.content_type = "application/merge-patch+json";
  }
  request.path += "?fieldManager=ebbgate";
  // Never throws for what is not UTF-8.
  request.body = (write.create ? whole_event(write) : raised_event(write))
                     .dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

}  // namespace ebbgate::kubernetes
