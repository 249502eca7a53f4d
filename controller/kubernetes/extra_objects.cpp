#include "controller/kubernetes/extra_objects.h"

#include <optional>

#include "controller/kubernetes/object_names.h"

namespace ebbgate::kubernetes {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<ConfigReference> read_entry(std::string_view entry, ConfigKind kind,
                                          std::string_view own_namespace) {
  std::string_view namespace_name = own_namespace;
  std::string_view name = entry;
  if (const std::size_t slash = name.find('/'); slash != name.npos) {
    namespace_name = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  std::string_view key;
  if (const std::size_t colon = name.find(':'); colon != name.npos) {
    key = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (!is_data_key(key)) return std::nullopt;
  }
  if (!is_namespace_name(namespace_name) || !is_object_name(name)) return std::nullopt;
  return ConfigReference{
      {kind, std::string(namespace_name), std::string(name)}, std::string(key), false};
}

}  // namespace

ExtraObjects read_extra_objects(std::string_view list, ConfigKind kind,
                                const std::string& own_namespace) {
  ExtraObjects extra;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = trimmed(list.substr(0, comma));
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    if (entry.empty()) continue;
    if (auto reference = read_entry(entry, kind, own_namespace)) {
      extra.objects.push_back(*std::move(reference));
    } else {
      extra.misread.emplace_back(entry);
    }
  }
  return extra;
}

}  // namespace ebbgate::kubernetes
