#include "controller/kubernetes/config_index.h"

#include <algorithm>
#include <utility>

namespace ebbgate::kubernetes {

namespace {

// Of several references of one thing the required one comes first, and stays.
void normalise(std::vector<ConfigReference>& references) {
  std::sort(references.begin(), references.end());
  const auto same = [](const ConfigReference& left, const ConfigReference& right) {
    return left.object == right.object && left.key == right.key;
  };
  references.erase(std::unique(references.begin(), references.end(), same), references.end());
}

std::vector<WorkloadKey> keys_of(const std::set<const WorkloadKey*>& users) {
  std::vector<WorkloadKey> keys;
  keys.reserve(users.size());
  for (const WorkloadKey* user : users) keys.push_back(*user);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

void ConfigIndex::set_references(const WorkloadKey& workload,
                                 std::vector<ConfigReference> references) {
  normalise(references);
  const auto before = workloads_.find(workload);
  if (references.empty()) {
    if (before == workloads_.end()) return;
    drop(before->first, before->second);
    workloads_.erase(before);
    return;
  }
  const auto [place, is_new] = workloads_.try_emplace(workload);
  std::vector<Use> uses;
  uses.reserve(references.size());
  for (ConfigReference& reference : references) {
    const auto [entry, added] = entries_.try_emplace(std::move(reference.object));
    Node& node = *entry;
    if (added) {
      node.second.created = lists_begun_;
      const List* list = list_of(node.first);
      if (list != nullptr && list->forbidden) node.second.take_forbidden(list->forbidden);
    }
    node.second.add_part(reference.key);
    const bool first_of_object = uses.empty() || uses.back().node != &node;
    if (first_of_object) node.second.users.push_back(&place->first);
    uses.push_back({&node, std::move(reference.key), reference.optional});
  }
  // The new ones first: what stays referenced stays known.
  drop(place->first, place->second);
  place->second = std::move(uses);
  for (const Use& use : place->second) plan(*use.node);
}

void ConfigIndex::drop(const WorkloadKey& workload, const std::vector<Use>& uses) {
  for (auto use = uses.begin(); use != uses.end(); ++use) {
    ConfigEntry& entry = use->node->second;
    entry.drop_part(use->key);
    const bool last_of_object = std::next(use) == uses.end() || std::next(use)->node != use->node;
    if (!last_of_object) continue;
    entry.users.erase(std::find(entry.users.begin(), entry.users.end(), &workload));
    if (!entry.users.empty()) continue;
    to_fetch_.erase(use->node->first);
    const auto fetch = fetches_.find(use->node->first);
    if (fetch != fetches_.end()) fetch->second.dropped = true;
    entries_.erase(entries_.find(use->node->first));
  }
}

Interest ConfigIndex::interest(const ConfigName& object) const {
  const auto entry = entries_.find(object);
  return entry == entries_.end() ? Interest{} : entry->second.interest();
}

std::vector<WorkloadKey> ConfigIndex::users_if(bool differs, const Node& node) {
  plan(node);
  if (!differs) return {};
  return keys_of({node.second.users.begin(), node.second.users.end()});
}

std::vector<WorkloadKey> ConfigIndex::found(const ConfigObject& object) {
  const auto node = entries_.find(object.name);
  if (node == entries_.end()) return {};
  node->second.listed = lists_begun_;
  const auto fetch = fetches_.find(object.name);
  if (fetch != fetches_.end()) fetch->second.crossed = true;
  return users_if(node->second.take(object), *node);
}

std::optional<ConfigIndex::Fetch> ConfigIndex::end_fetch(const ConfigName& object) {
  const auto fetch = fetches_.extract(object);
  if (fetch.empty()) return std::nullopt;
  return fetch.mapped();
}

bool ConfigIndex::begin_fetch(const ConfigName& object) {
  if (fetches_.count(object) > 0) return true;
  const auto node = entries_.find(object);
  const bool is_needed = node != entries_.end() &&
                         (node->second.forbidden() != nullptr || !node->second.is_complete());
  if (is_needed) fetches_[object].begun = lists_begun_;
  return is_needed;
}

std::vector<WorkloadKey> ConfigIndex::fetched(const ConfigObject& object) {
  const std::optional<Fetch> fetch = end_fetch(object.name);
  const auto node = entries_.find(object.name);
  if (node == entries_.end()) return {};
  if (!fetch || fetch->dropped) return users_if(false, *node);
  node->second.fetched = lists_begun_;
  return users_if(node->second.take(object), *node);
}

std::vector<WorkloadKey> ConfigIndex::absent(const ConfigName& object,
                                             std::uint64_t resource_version) {
  const bool by_fetch = resource_version == 0;
  const std::optional<Fetch> fetch = by_fetch ? end_fetch(object) : std::nullopt;
  const auto node = entries_.find(object);
  if (node == entries_.end()) return {};
  if (by_fetch && (!fetch || fetch->crossed || fetch->dropped)) {
    node->second.doubt();
    return users_if(false, *node);
  }
  return users_if(node->second.take_absent(resource_version), *node);
}

std::vector<WorkloadKey> ConfigIndex::forbidden(const ConfigName& object, const std::string& why) {
  end_fetch(object);
  const auto node = entries_.find(object);
  if (node == entries_.end()) return {};
  return users_if(node->second.take_forbidden(std::make_shared<std::string>(why)), *node);
}

bool ConfigIndex::covers(const ListName& list, const ConfigName& object) {
  return list.first == object.kind && (list.second.empty() || list.second == object.namespace_name);
}

const ConfigIndex::List* ConfigIndex::list_of(const ConfigName& object) const {
  auto list = lists_.find({object.kind, std::string()});
  if (list == lists_.end()) list = lists_.find({object.kind, object.namespace_name});
  return list == lists_.end() ? nullptr : &list->second;
}

bool ConfigIndex::is_to_be_fetched(const Node& node) const {
  const ConfigEntry& entry = node.second;
  if (entry.is_complete() || fetches_.count(node.first) > 0) return false;
  if (entry.forbidden() != nullptr && !entry.is_doubtful()) return false;
  if (const List* list = list_of(node.first)) return list->ended;
  bool any_ended = false;
  for (const auto& [name, list] : lists_) {
    if (name.first != node.first.kind) continue;
    // Others of this kind may be about to begin as well.
    if (!list.ended && !list.forbidden) return false;
    any_ended = true;
  }
  return any_ended;
}

void ConfigIndex::plan(const Node& node) {
  if (is_to_be_fetched(node)) {
    to_fetch_.insert(node.first);
  } else {
    to_fetch_.erase(node.first);
  }
}

void ConfigIndex::list_begins(ConfigKind kind, const std::string& namespace_name) {
  List& list = lists_[{kind, namespace_name}];
  list.begun = ++lists_begun_;
  list.forbidden.reset();
}

bool ConfigIndex::settle_listed(Node& node, const List& list, std::uint64_t resource_version) {
  ConfigEntry& entry = node.second;
  const bool readable = entry.take_readable();
  if (entry.listed >= list.begun || entry.resource_version() > resource_version) return readable;
  if (entry.fetched >= list.begun) {
    // The fetch and the list may have read it one after the other, in any order.
    entry.doubt();
    return readable;
  }
  if (entry.created >= list.begun) {
    // The list may have left it out. A fetch under way may have been before the list.
    const auto fetch = fetches_.find(node.first);
    if (fetch != fetches_.end()) fetch->second.dropped = true;
    return readable;
  }
  return entry.take_absent(resource_version) || readable;
}

std::vector<WorkloadKey> ConfigIndex::list_ended(ConfigKind kind, const std::string& namespace_name,
                                                 std::uint64_t resource_version) {
  const auto ended = lists_.find({kind, namespace_name});
  if (ended == lists_.end() || ended->second.begun == 0) return {};
  const List list = ended->second;
  ended->second.begun = 0;
  ended->second.ended = true;
  // Fetches have deadlines: what was not answered during a whole list never will be.
  std::erase_if(fetches_, [&](const auto& fetch) {
    return fetch.first.kind == kind && fetch.second.begun < list.begun;
  });
  const auto first = lists_.lower_bound({kind, std::string()});
  std::set<const WorkloadKey*> differing;
  for (Node& node : entries_) {
    if (node.first.kind != kind) continue;
    ConfigEntry& entry = node.second;
    if (covers(ended->first, node.first)) {
      if (settle_listed(node, list, resource_version)) {
        differing.insert(entry.users.begin(), entry.users.end());
      }
    } else if (first == ended && list_of(node.first) == nullptr) {
      entry.doubt();
    }
    plan(node);
  }
  return keys_of(differing);
}

std::vector<WorkloadKey> ConfigIndex::list_forbidden(ConfigKind kind,
                                                     const std::string& namespace_name,
                                                     const std::string& why) {
  const ListName name(kind, namespace_name);
  List& list = lists_[name];
  list.begun = 0;
  list.forbidden = std::make_shared<std::string>(why);
  std::set<const WorkloadKey*> differing;
  for (Node& node : entries_) {
    ConfigEntry& entry = node.second;
    if (covers(name, node.first) && entry.take_forbidden(list.forbidden)) {
      differing.insert(entry.users.begin(), entry.users.end());
    }
    if (node.first.kind == kind) plan(node);
  }
  return keys_of(differing);
}

std::vector<ConfigName> ConfigIndex::take_to_fetch() {
  std::vector<ConfigName> objects(to_fetch_.begin(), to_fetch_.end());
  to_fetch_.clear();
  for (const ConfigName& object : objects) fetches_[object].begun = lists_begun_;
  return objects;
}

}  // namespace ebbgate::kubernetes
