#include "controller/configuration/workload_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "controller/configuration/paths.h"
#include "controller/configuration/section_reader.h"
#include "controller/configuration/update_reader.h"

namespace ebbgate::configuration {

WorkloadReader::WorkloadReader(const std::filesystem::path& folder, const Settings& globals,
                               const std::vector<std::string>& known_problems, Problems& problems,
                               std::vector<std::string>& warnings, std::vector<NamedPath>& paths)
    : folder_(folder),
      globals_(globals),
      known_problems_(known_problems),
      problems_(problems),
      warnings_(warnings),
      paths_(paths) {}

std::vector<LocalWorkload> WorkloadReader::read(const Entry& list) {
  const std::string path = "local.workloads";
  std::vector<LocalWorkload> workloads;
  const auto& items = MapReader::list(list, path, problems_);
  workloads.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    LocalWorkload workload = read_workload({items[i], items[i]->line}, item_path(path, i));
    // Nobody uses what has a problem: of a hundred thousand mistakes none is worth its memory.
    if (problems_.empty()) workloads.push_back(std::move(workload));
  }
  return workloads;
}

LocalWorkload WorkloadReader::read_workload(const Entry& entry, const std::string& path) {
  static const std::vector<std::string> known = {"name",   "namespace",      "watch", "update",
                                                 "ready",  "on_first_sight", "hold",  "backoff",
                                                 "settle", "max_file_size"};
  const MapReader map(entry, path, known, problems_);
  LocalWorkload workload;
  if (entry.node->kind == Node::Kind::scalar || entry.node->kind == Node::Kind::list) {
    return workload;
  }
  bool named = map.read("name", read_name, workload.name);
  if (!map.find("name")) map.problem("name", "is missing; write a name");
  if (map.find("namespace")) named &= map.read("namespace", read_name, workload.namespace_name);
  if (named) check_unique(workload, map.find("name").line, map.path_of("name"));
  read_watch(map, workload);
  workload.max_file_size = globals_.local.max_file_size;
  map.read("max_file_size", read_file_size, workload.max_file_size);
  const UpdateReader updates(folder_, problems_, warnings_, paths_);
  workload.update = updates.read_update(map.find("update"), map.line(), map.path_of("update"));
  if (const Entry ready = map.find("ready"); ready && ready.node->kind != Node::Kind::nothing) {
    workload.ready = updates.read_readiness(ready, map.path_of("ready"));
  }
  std::size_t first_sight = 0;
  const auto read_first_sight = [](std::string_view text, std::size_t& value) {
    return read_choice(text, {"adopt", "update"}, value);
  };
  map.read("on_first_sight", read_first_sight, first_sight);
  workload.adopt_on_first_sight = first_sight == 0;
  map.read("hold", read_hold, workload.hold);
  read_policy(map, workload);
  return workload;
}

void WorkloadReader::check_unique(const LocalWorkload& workload, int line,
                                  const std::string& path) {
  const auto [found, is_new] = lines_.try_emplace({workload.namespace_name, workload.name}, line);
  if (is_new) return;
  problems_.in_file(line, path,
                    workload.namespace_name + "/" + workload.name +
                        " is already the workload of line " + std::to_string(found->second) +
                        "; give each a name of its own");
}

void WorkloadReader::read_watch(const MapReader& map, LocalWorkload& workload) {
  const Entry entry = map.find("watch");
  const std::string path = map.path_of("watch");
  if (entry && entry.node->kind != Node::Kind::nothing && entry.node->kind != Node::Kind::list) {
    MapReader::list(entry, path, problems_);
    return;
  }
  if (!entry || entry.node->items.empty()) {
    map.problem("watch", entry ? "is empty; list the files and folders to watch"
                               : "is missing; list the files and folders to watch");
    return;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < entry.node->items.size(); ++i) {
    const Node* item = entry.node->items[i];
    const std::string* text = MapReader::scalar({item, item->line}, item_path(path, i), problems_);
    if (text == nullptr) continue;
    std::string file;
    if (const Problem wrong = read_path(*text, file)) {
      problems_.in_file(item->line, item_path(path, i), *wrong);
      continue;
    }
    file = resolved(folder_, file);
    if (!seen.insert(file).second) {
      warnings_.push_back(problems_.at_line(item->line, item_path(path, i)) + ": " +
                          in_quotes(*text) + " is listed twice; it counts once");
    } else {
      workload.watch.push_back(file);
      if (!problems_.empty()) continue;
      paths_.push_back(
          {NamedPath::Kind::watched, problems_.at_line(item->line, item_path(path, i)), file});
    }
  }
}

void WorkloadReader::read_policy(const MapReader& map, LocalWorkload& workload) {
  workload.backoff = globals_.backoff;
  workload.settle = globals_.settle;
  // What is wrong with the global values is said of them.
  if (!map.find("backoff") && !map.find("settle")) return;
  Settings values;
  values.backoff = globals_.backoff;
  values.settle = globals_.settle;
  SectionReader reader(map, values, problems_);
  // What level lost state counts as is decided for all workloads at once.
  reader.read("backoff", "backoff", {"backoff.unknown_level"});
  reader.read("settle", "settle");
  workload.backoff = reader.values().backoff;
  workload.settle = reader.values().settle;
  std::vector<std::string> messages = governor::validate(workload.backoff, workload.settle);
  std::erase_if(messages, [&](const std::string& message) {
    return std::ranges::find(known_problems_, message) != known_problems_.end();
  });
  reader.report(messages);
}

}  // namespace ebbgate::configuration
