#include "controller/kubernetes/pod_references.h"

#include <algorithm>
#include <utility>

namespace ebbgate::kubernetes {

namespace {

// One mention of an object, whatever it is called where it stands.
struct Mention {
  std::string name;
  std::string key;                 // of a …KeyRef
  std::vector<std::string> items;  // of a volume
  bool optional = false;
};

// Who reads a reference.
enum class Readers { both, ebbgate, wave };

class PodReader final {
 public:
  PodReader(const JsonReader& reader, const std::string& namespace_name, PodReferences& references)
      : reader_(reader), namespace_(namespace_name), references_(references) {}

  bool read(JsonReader::Value pod_spec) const {
    return reader_.members(pod_spec, [&](std::string_view key, JsonReader::Value value) {
      if (key == "volumes") {
        return JsonReader::elements(value,
                                    [&](JsonReader::Value volume) { return read_volume(volume); });
      }
      if (key == "containers") return read_containers(value, Readers::both);
      if (key == "initContainers") return read_containers(value, Readers::ebbgate);
      return true;
    });
  }

 private:
  bool read_volume(JsonReader::Value volume) const {
    return reader_.members(volume, [&](std::string_view key, JsonReader::Value source) {
      if (key == "configMap") return read_plain_volume(source, ConfigKind::config_map);
      if (key == "secret") return read_plain_volume(source, ConfigKind::secret);
      if (key == "projected") return read_projected_volume(source);
      return true;
    });
  }

  bool read_plain_volume(JsonReader::Value source, ConfigKind kind) const {
    Mention mention;
    if (!read_mention(source, mention)) return false;
    add_items(kind, mention, Readers::ebbgate);
    add(kind, mention, {}, Readers::wave);
    return true;
  }

  bool read_projected_volume(JsonReader::Value projected) const {
    return reader_.members(projected, [&](std::string_view key, JsonReader::Value sources) {
      if (key != "sources") return true;
      return JsonReader::elements(sources, [&](JsonReader::Value source) {
        return reader_.members(source, [&](std::string_view name, JsonReader::Value value) {
          if (name != "configMap" && name != "secret") return true;
          Mention mention;
          if (!read_mention(value, mention)) return false;
          add_items(name == "secret" ? ConfigKind::secret : ConfigKind::config_map, mention,
                    Readers::both);
          return true;
        });
      });
    });
  }

  bool read_containers(JsonReader::Value containers, Readers readers) const {
    return JsonReader::elements(containers, [&](JsonReader::Value container) {
      return reader_.members(container, [&](std::string_view key, JsonReader::Value value) {
        if (key == "envFrom") {
          return JsonReader::elements(value, [&](JsonReader::Value source) {
            return read_source(source, "configMapRef", "secretRef", readers);
          });
        }
        if (key == "env") {
          return JsonReader::elements(
              value, [&](JsonReader::Value variable) { return read_variable(variable, readers); });
        }
        return true;
      });
    });
  }

  bool read_variable(JsonReader::Value variable, Readers readers) const {
    return reader_.members(variable, [&](std::string_view key, JsonReader::Value value) {
      return key != "valueFrom" || read_source(value, "configMapKeyRef", "secretKeyRef", readers);
    });
  }

  bool read_source(JsonReader::Value source, std::string_view config_map, std::string_view secret,
                   Readers readers) const {
    return reader_.members(source, [&](std::string_view key, JsonReader::Value value) {
      if (key != config_map && key != secret) return true;
      Mention mention;
      if (!read_mention(value, mention)) return false;
      add(key == secret ? ConfigKind::secret : ConfigKind::config_map, mention, mention.key,
          readers);
      return true;
    });
  }

  bool read_mention(JsonReader::Value value, Mention& mention) const {
    return reader_.members(value, [&](std::string_view key, JsonReader::Value field) {
      if (key == "name" || key == "secretName") return reader_.read(field, mention.name);
      if (key == "key") return reader_.read(field, mention.key);
      if (key == "optional") return JsonReader::read(field, mention.optional);
      if (key != "items") return true;
      return JsonReader::elements(field, [&](JsonReader::Value item) {
        return reader_.members(item, [&](std::string_view name, JsonReader::Value text) {
          return name != "key" || reader_.read(text, mention.items.emplace_back());
        });
      });
    });
  }

  void add_items(ConfigKind kind, const Mention& mention, Readers readers) const {
    if (mention.items.empty()) add(kind, mention, {}, readers);
    for (const std::string& item : mention.items) add(kind, mention, item, readers);
  }

  void add(ConfigKind kind, const Mention& mention, const std::string& key, Readers readers) const {
    if (mention.name.empty()) return;
    const ConfigReference reference{{kind, namespace_, mention.name}, key, mention.optional};
    if (readers != Readers::wave) references_.references.push_back(reference);
    if (readers != Readers::ebbgate) references_.wave.push_back(reference);
  }

  const JsonReader& reader_;
  const std::string& namespace_;
  PodReferences& references_;
};

}  // namespace

bool read_pod_references(const JsonReader& reader, JsonReader::Value pod_spec,
                         const std::string& namespace_name, PodReferences& references) {
  if (!PodReader(reader, namespace_name, references).read(pod_spec)) return false;
  normalize(references.references);
  normalize(references.wave);
  return true;
}

void normalize(std::vector<ConfigReference>& references) {
  std::ranges::sort(references);
  references.erase(std::unique(references.begin(), references.end()), references.end());
}

}  // namespace ebbgate::kubernetes
