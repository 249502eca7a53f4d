#include "controller/local/watch_table.h"

#include <sys/inotify.h>

#include <unordered_set>

#include "controller/local/path_walk.h"

namespace ebbgate::local {
namespace {

constexpr std::uint32_t kComingAndGoing =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr std::uint32_t kWriting = IN_CLOSE_WRITE | IN_ATTRIB;

}  // namespace

void WatchTable::register_name(FileNode& node, const std::string& folder, const std::string& name) {
  add(node, folder, kComingAndGoing, false, name);
}

void WatchTable::register_written_name(FileNode& node, const std::string& folder,
                                       const std::string& name, bool unfinished) {
  add(node, folder, kComingAndGoing | kWriting | (unfinished ? IN_MODIFY : 0U), false, name);
}

void WatchTable::register_contents(FileNode& node, const std::string& folder) {
  add(node, folder, kComingAndGoing | kWriting | IN_MODIFY | IN_EXCL_UNLINK, true, {});
}

void WatchTable::register_file(FileNode& node, const std::string& file) {
  add(node, file, kWriting | IN_MODIFY, false, {});
}

void WatchTable::add(FileNode& node, const std::string& path, std::uint32_t mask, bool contents,
                     const std::string& name) {
  const int number = notifier_.add(subscriber_, path, mask, {contents, name});
  if (number < 0) return;
  Watch& watch = watches_[number];
  watch.path = path;
  ++(contents ? watch.contents : watch.names[name])[&node];
  node.registrations.push_back({number, contents, name});
}

void WatchTable::release(FileNode& node, const std::vector<Registration>& registrations) {
  const auto drop = [&node](Nodes& nodes) {
    const auto found = nodes.find(&node);
    if (found != nodes.end() && --found->second == 0) nodes.erase(found);
  };
  for (const Registration& registration : registrations) {
    const auto found = watches_.find(registration.watch);
    if (found == watches_.end()) continue;
    Watch& watch = found->second;
    if (registration.contents) {
      drop(watch.contents);
    } else if (const auto named = watch.names.find(registration.name); named != watch.names.end()) {
      drop(named->second);
      if (named->second.empty()) watch.names.erase(named);
    }
    notifier_.remove(subscriber_, registration.watch, {registration.contents, registration.name});
    if (watch.names.empty() && watch.contents.empty()) watches_.erase(found);
  }
}

WatchTable::Listeners WatchTable::listeners(const ChangeEvent& event) const {
  Listeners result;
  const auto found = watches_.find(event.watch);
  if (found == watches_.end()) return result;
  const Watch& watch = found->second;
  if (const auto named = watch.names.find(event.name); named != watch.names.end()) {
    for (const auto& [node, count] : named->second) result.nodes.push_back(node);
  }
  for (const auto& [node, count] : watch.contents) {
    (event.name.empty() ? result.nodes : result.folders).push_back(node);
  }
  result.path = event.name.empty() ? watch.path : join(watch.path, event.name);
  return result;
}

std::vector<FileNode*> WatchTable::forget(int watch) {
  const auto found = watches_.find(watch);
  if (found == watches_.end()) return {};
  std::unordered_set<FileNode*> nodes;
  for (const auto& [name, named] : found->second.names) {
    for (const auto& [node, count] : named) nodes.insert(node);
  }
  for (const auto& [node, count] : found->second.contents) nodes.insert(node);
  watches_.erase(found);
  return {nodes.begin(), nodes.end()};
}

}  // namespace ebbgate::local
