#include "controller/kubernetes/parser.h"

#include <utility>

#include "controller/kubernetes/config_data.h"
#include "controller/kubernetes/json_reader.h"
#include "controller/kubernetes/workload_reader.h"

namespace ebbgate::kubernetes {

namespace {

using simdjson::SUCCESS;

std::optional<PageEnd> read_page_end(const JsonReader& reader, JsonReader::Value metadata) {
  PageEnd end;
  const bool read = reader.members(metadata, [&](std::string_view key, JsonReader::Value value) {
    if (key == "resourceVersion") return reader.read(value, end.resource_version);
    if (key == "continue") return reader.read(value, end.continue_token);
    if (key == "remainingItemCount") return JsonReader::read(value, end.remaining);
    return true;
  });
  if (!read || end.resource_version.empty()) return std::nullopt;
  return end;
}

// A bookmark has no name.
std::optional<EventEnd> read_bookmark(const JsonReader& reader, JsonReader::Object& object) {
  EventEnd end{EventEnd::Type::bookmark, {}, 0, {}};
  JsonReader::Value metadata;
  if (object.find_field_unordered("metadata").get(metadata) != SUCCESS) return std::nullopt;
  const bool read = reader.members(metadata, [&](std::string_view key, JsonReader::Value value) {
    return key != "resourceVersion" || reader.read(value, end.resource_version);
  });
  if (!read || end.resource_version.empty()) return std::nullopt;
  return end;
}

std::optional<EventEnd> read_status(const JsonReader& reader, JsonReader::Object& object) {
  EventEnd end{EventEnd::Type::error, {}, 0, {}};
  const bool read = reader.members(object, [&](std::string_view key, JsonReader::Value value) {
    if (key == "code") return JsonReader::read(value, end.code);
    if (key == "message") return reader.read(value, end.message);
    return true;
  });
  if (!read) return std::nullopt;
  return end;
}

EventEnd object_end(std::uint64_t resource_version) {
  return {EventEnd::Type::object, std::to_string(resource_version), 0, {}};
}

}  // namespace

class Parser::Buffers final {
 public:
  // Calls `read` with a reader and the text's outermost object.
  template <class Result, class Read>
  std::optional<Result> whole(std::string& json, const Read& read) {
    const std::size_t length = json.size();
    json.append(simdjson::SIMDJSON_PADDING, '\0');
    json.resize(length);
    simdjson::ondemand::document document;
    JsonReader::Object object;
    if (parser_.iterate(json.data(), length, length + simdjson::SIMDJSON_PADDING).get(document) !=
            SUCCESS ||
        document.get_object().get(object) != SUCCESS) {
      return std::nullopt;
    }
    return read(JsonReader(parser_), object);
  }

  // Calls `read_item`, which returns bool, with a reader and each item.
  template <class ReadItem>
  std::optional<PageEnd> page(std::string& json, const ReadItem& read_item) {
    return whole<PageEnd>(json, [&](const JsonReader& reader, JsonReader::Object& list) {
      std::optional<PageEnd> end;
      bool has_items = false;
      const bool read = reader.members(list, [&](std::string_view key, JsonReader::Value value) {
        if (key == "metadata") return (end = read_page_end(reader, value)).has_value();
        if (key != "items") return true;
        has_items = true;
        return JsonReader::elements(value, [&](JsonReader::Value item) {
          JsonReader::Object object;
          return item.get_object().get(object) == SUCCESS && read_item(reader, object);
        });
      });
      return read && has_items ? end : std::nullopt;
    });
  }

  // Calls `read_object`, which returns bool, with a reader, the event's object and the event.
  template <class Object, class ReadObject>
  std::optional<Event<Object>> event(std::string& json, const ReadObject& read_object) {
    using Result = std::optional<Event<Object>>;
    return whole<Event<Object>>(json, [&](const JsonReader& reader, JsonReader::Object& event) {
      JsonReader::Value value;
      std::string type;
      if (event.find_field_unordered("type").get(value) != SUCCESS || !reader.read(value, type)) {
        return Result();
      }
      JsonReader::Object object;
      if (event.find_field_unordered("object").get(value) != SUCCESS ||
          value.get_object().get(object) != SUCCESS) {
        return Result();
      }
      Event<Object> result;
      if (type == "BOOKMARK" || type == "ERROR") {
        auto end = type == "ERROR" ? read_status(reader, object) : read_bookmark(reader, object);
        if (!end) return Result();
        result.end = *std::move(end);
        return Result(std::move(result));
      }
      result.deleted = type == "DELETED";
      if (!result.deleted && type != "ADDED" && type != "MODIFIED") return Result();
      return read_object(reader, object, result) ? Result(std::move(result)) : Result();
    });
  }

 private:
  simdjson::ondemand::parser parser_;
};

Parser::Parser() : buffers_(std::make_unique<Buffers>()) {}

Parser::~Parser() = default;

std::optional<PageEnd> Parser::workload_page(std::string& json, WorkloadKind kind,
                                             const EachWorkload& each) {
  return buffers_->page(json, [&](const JsonReader& reader, JsonReader::Object& item) {
    auto workload = read_workload(reader, item, kind);
    if (!workload) return false;
    each(*std::move(workload));
    return true;
  });
}

std::optional<PageEnd> Parser::config_page(std::string& json, ConfigKind kind,
                                           const InterestOf& interest, const EachConfig& each) {
  return buffers_->page(json, [&](const JsonReader& reader, JsonReader::Object& item) {
    auto config = read_config(reader, item, kind, interest, true);
    if (config && config->object) each(*std::move(config->object));
    return config.has_value();
  });
}

std::optional<Parser::Event<WorkloadObject>> Parser::workload_event(std::string& json,
                                                                    WorkloadKind kind) {
  return buffers_->event<WorkloadObject>(
      json, [&](const JsonReader& reader, JsonReader::Object& object, auto& event) {
        event.object = read_workload(reader, object, kind);
        if (event.object) event.end = object_end(event.object->resource_version);
        return event.object.has_value();
      });
}

std::optional<Parser::Event<ConfigObject>> Parser::config_event(std::string& json, ConfigKind kind,
                                                                const InterestOf& interest) {
  return buffers_->event<ConfigObject>(
      json, [&](const JsonReader& reader, JsonReader::Object& object, auto& event) {
        auto config = read_config(reader, object, kind, interest, !event.deleted);
        if (!config) return false;
        event.object = std::move(config->object);
        event.end = object_end(config->resource_version);
        return true;
      });
}

std::optional<WorkloadObject> Parser::workload(std::string& json, WorkloadKind kind) {
  return buffers_->whole<WorkloadObject>(json,
                                         [&](const JsonReader& reader, JsonReader::Object& object) {
                                           return read_workload(reader, object, kind);
                                         });
}

std::optional<ConfigObject> Parser::config(std::string& json, ConfigKind kind,
                                           const Interest& interest) {
  const InterestOf of_all = [&](const ConfigName&) { return interest; };
  return buffers_->whole<ConfigObject>(
      json, [&](const JsonReader& reader, JsonReader::Object& object) {
        auto config = read_config(reader, object, kind, of_all, true);
        return config ? std::move(config->object) : std::optional<ConfigObject>();
      });
}

}  // namespace ebbgate::kubernetes
