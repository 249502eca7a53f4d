// Long because finding, reading, digesting and limiting one entry all work on the same nodes.
#include "controller/local/file_tree.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

#include "controller/references.h"

namespace ebbgate::local {
namespace {

using State = FileNode::State;

constexpr int kTries = 10;
constexpr auto kUnfinishedDelay = std::chrono::seconds(1);
constexpr auto kUnreadableDelay = std::chrono::seconds(2);
// Coarser than any file system's clock: a stamp that is older was not made by a later writing.
constexpr auto kStampAge = std::chrono::seconds(2);
constexpr std::size_t kMaximumNodes = 100'000;
constexpr int kMaximumDepth = 64;
// How often one folder may be come by, over several links.
constexpr int kMaximumFollowed = 16;
// A file takes at most a tenth of a processor.
constexpr int kRestPerWork = 9;
constexpr Duration kLongestRest = std::chrono::minutes(1);
// A file that changes while it is read is read again at once only where that is cheap.
constexpr Duration kCheapReading = std::chrono::milliseconds(5);

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

bool within_itself(const FileNode& node, const FileStamp& stamp) {
  for (const FileNode* above = node.parent; above != nullptr; above = above->parent) {
    if (above->stamp.device == stamp.device && above->stamp.inode == stamp.inode) return true;
  }
  return false;
}

// It will be looked at when its writer is done, or at its time.
bool has_its_time(const FileNode& node) {
  return node.due && (node.state == State::file || !node.problem.empty());
}

// What this thread has worked; unlike the clock, it does not count how long a file server is away.
Duration work() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration rest_after(Duration worked) {
  return std::min<Duration>(worked * kRestPerWork, kLongestRest);
}

std::string size_of(std::uint64_t bytes) {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1024} * 1024;
  return bytes % kMebibyte == 0 || bytes > 10 * kMebibyte
             ? std::to_string(bytes / kMebibyte) + " MiB"
             : std::to_string(bytes) + " bytes";
}

std::string too_large_sentence(const std::string& path, const FileStamp& stamp,
                               std::uint64_t limit) {
  const auto size = static_cast<std::uint64_t>(stamp.size);
  return path + " holds " + (size > limit ? size_of(size) : "more") + ", and max_file_size is " +
         size_of(limit) +
         ": raise max_file_size if it is configuration, or leave it out with local.ignore";
}

}  // namespace

FileTree::FileTree(std::string path, TreeParts& parts) : parts_(parts) {
  root_.tree = this;
  root_.name = std::move(path);
}

FileTree::~FileTree() {
  remove_children(root_);
  detach(root_);
}

void FileTree::rescan() {
  const Duration before = work();
  if (!has_its_time(root_)) look(root_, Reading::by_hint);
  if (!excess_.empty()) give_up(before);
  scanned_ = true;
}

void FileTree::refresh(FileNode& node) {
  const Duration before = work();
  look(node, Reading::always);
  if (!excess_.empty()) return give_up(before);
  prune(node);
}

FileNode* FileTree::child(FileNode& folder, const std::string& name) {
  if (folder.state != State::folder || parts_.ignore->ignored(folder.path, name)) return nullptr;
  auto& slot = folder.children[name];
  if (!slot) {
    slot = std::make_unique<FileNode>();
    slot->tree = this;
    slot->parent = &folder;
    slot->name = name;
    ++nodes_;
  }
  return slot.get();
}

void FileTree::look(FileNode& node, Reading reading) {
  parts_.due.erase(node);
  if (&node == &root_) excess_.clear();
  const Duration before = work();
  for (int tried = 1; excess_.empty() && !parts_.limits.stop; ++tried) {
    if (look_once(node, reading, tried == kTries)) break;
  }
  if (!node.problem.empty()) try_again(node, before);
}

void FileTree::try_again(FileNode& node, Duration work_before) {
  const Duration rest = rest_after(work() - work_before);
  parts_.due.put(node, BootClock::now() + std::max<Duration>(kUnreadableDelay, rest));
}

// Keeps nothing of what is too much.
void FileTree::give_up(Duration work_before) {
  set_state(root_, State::absent);
  set_problem(root_, excess_);
  try_again(root_, work_before);
}

// False when it changed under our hands and is to be looked at again.
bool FileTree::look_once(FileNode& node, Reading reading, bool last_try) {
  // What is registered anew is registered before the old goes, so that no watch ends in between.
  const std::vector<Registration> before = std::exchange(node.registrations, {});
  const Destination destination = find(node);
  if (&node == &root_ && destination.status.error == 0) kind_ = destination.status.kind;
  bool done = true;
  if (destination.status.error != 0) {
    set_problem(node, unreadable_sentence(destination.path, destination.status.error));
  } else if (destination.status.kind == FileKind::regular) {
    done = read_file(node, destination, reading, last_try);
  } else if (destination.status.kind == FileKind::folder &&
             !within_itself(node, destination.status.stamp)) {
    excess_ = excess_of(node, destination);
    if (excess_.empty()) done = read_folder(node, destination, last_try);
  } else {
    pass_over(node);
  }
  parts_.watches.release(node, before);
  if (done || !last_try) return done;
  parts_.due.put(node, BootClock::now() + kUnfinishedDelay);
  return true;
}

Destination FileTree::find(FileNode& node) {
  WatchTable& watches = parts_.watches;
  const bool is_entry = node.parent == nullptr;
  if (!is_entry) {
    std::string path = join(node.parent->path, node.name);
    const FileStatus status = parts_.files.status(path);
    // The folder's own watch covers what is no link.
    if (status.error != 0 || status.kind != FileKind::link) return {status, std::move(path)};
  }
  const auto once = [&] {
    return walk(parts_.files, is_entry ? "/" : node.parent->path, node.name,
                [&](const std::string& folder, const std::string& name, bool last) {
                  if (last) {
                    watches.register_written_name(node, folder, name, !is_entry);
                  } else {
                    watches.register_name(node, folder, name);
                  }
                });
  };
  // A link that is swapped while it is followed leads to where the file no longer is: it is absent
  // only where the way there is the same twice.
  Destination destination = once();
  for (int tried = 1; tried < kTries; ++tried) {
    if (destination.status.error != 0 || destination.status.kind != FileKind::absent) break;
    Destination again = once();
    const bool same = again.status.error == 0 && again.status.kind == FileKind::absent &&
                      again.path == destination.path;
    destination = std::move(again);
    if (same) break;
  }
  return destination;
}

bool FileTree::read_file(FileNode& node, const Destination& destination, Reading reading,
                         bool last_try) {
  // Writes through another of its names, or another mount, are reported for the file itself only.
  if (node.parent == nullptr || destination.status.hard_links) {
    parts_.watches.register_file(node, destination.path);
  }
  const bool hint_holds = node.state == State::file && node.problem.empty() &&
                          node.stamp == destination.status.stamp &&
                          node.read_at - node.stamp_seen >= kStampAge;
  if (reading == Reading::by_hint && hint_holds) {
    node.path = destination.path;
    return true;
  }

  const BootTime begin = BootClock::now();
  if (begin < node.rested_at) {
    parts_.due.put(node, node.rested_at);
    return true;
  }
  const Duration before = work();
  const FileContent content = parts_.files.read(destination.path, parts_.limits);
  if (content.stopped) return true;
  ++parts_.reads;
  const BootTime end = BootClock::now();
  const bool cheap = end - begin <= kCheapReading;
  node.rested_at = end + (cheap ? Duration{} : rest_after(work() - before));
  if (content.status.error != 0) {
    set_problem(node, unreadable_sentence(destination.path, content.status.error));
    return true;
  }
  if (content.too_large) {
    set_problem(node,
                too_large_sentence(destination.path, content.status.stamp, parts_.limits.max_size));
    return true;
  }
  if (content.status.kind != FileKind::regular) {
    if (last_try) pass_over(node);
    return false;
  }
  if (content.moving) {
    if (cheap && !last_try) return false;
    parts_.due.put(node, std::max(end + kUnfinishedDelay, node.rested_at));
    // What is known of it is better than a mixture, for a while.
    if (!cheap && node.state == State::file && ++node.moved < kTries) return true;
  }
  node.moved = 0;

  set_problem(node, {});
  if (node.state != State::file || node.digest != content.digest) changed_ = true;
  set_state(node, State::file);
  if (node.stamp != content.status.stamp || node.stamp_seen == BootTime{}) {
    node.stamp_seen = BootClock::now();
  }
  node.stamp = content.status.stamp;
  node.digest = content.digest;
  node.path = destination.path;
  node.read_at = begin;
  return true;
}

std::string FileTree::excess_of(const FileNode& node, const Destination& destination) const {
  int depth = 0;
  for (const FileNode* above = node.parent; above != nullptr; above = above->parent) ++depth;
  if (depth > kMaximumDepth) {
    return destination.path + " is nested deeper than " + std::to_string(kMaximumDepth) +
           " folders: watch fewer, or leave some out with local.ignore";
  }
  const FileStamp& stamp = destination.status.stamp;
  const auto followed = folders_.find({stamp.device, stamp.inode});
  const bool known = node.state == State::folder && node.stamp.device == stamp.device &&
                     node.stamp.inode == stamp.inode;
  if (!known && followed != folders_.end() && followed->second >= kMaximumFollowed) {
    return "links below " + root_.name + " lead to " + destination.path + " more than " +
           std::to_string(kMaximumFollowed) +
           " times: remove some, or leave them out with local.ignore";
  }
  return {};
}

bool FileTree::read_folder(FileNode& node, const Destination& destination, bool last_try) {
  parts_.watches.register_contents(node, destination.path);
  std::vector<std::string> names;
  const int error = parts_.files.list(destination.path, kMaximumNodes, names);
  if (error == ENOENT || error == ENOTDIR || error == ELOOP) {
    if (last_try) pass_over(node);
    return false;
  }
  if (error != 0) {
    set_problem(node, unreadable_sentence(destination.path, error));
    return true;
  }
  set_problem(node, {});
  set_state(node, State::folder);
  node.path = destination.path;
  follow(node, destination.status.stamp);

  std::erase_if(names,
                [&](const std::string& name) { return parts_.ignore->ignored(node.path, name); });
  std::sort(names.begin(), names.end());
  std::vector<std::string> gone;
  for (const auto& [name, known] : node.children) {
    if (!std::binary_search(names.begin(), names.end(), name)) gone.push_back(name);
  }
  for (const std::string& name : gone) remove_child(node, name);

  for (const std::string& name : names) {
    if (parts_.limits.stop) return true;
    if (nodes_ >= kMaximumNodes && !node.children.contains(name)) {
      excess_ = root_.name + " holds more than " + std::to_string(kMaximumNodes) +
                " files and folders: watch fewer, or leave some out with local.ignore";
    }
    if (!excess_.empty()) return true;
    FileNode* found = child(node, name);
    if (has_its_time(*found)) continue;
    look(*found, Reading::by_hint);
    prune(*found);
  }
  return true;
}

void FileTree::follow(FileNode& folder, const FileStamp& stamp) {
  leave(folder);
  folder.stamp = stamp;
  ++folders_[{stamp.device, stamp.inode}];
}

void FileTree::leave(const FileNode& folder) {
  const auto found = folders_.find({folder.stamp.device, folder.stamp.inode});
  if (found != folders_.end() && --found->second == 0) folders_.erase(found);
}

void FileTree::pass_over(FileNode& node) {
  set_problem(node, {});
  set_state(node, State::absent);
  node.stamp = {};
  node.path.clear();
}

void FileTree::set_state(FileNode& node, State state) {
  if (node.state == state) return;
  if (node.state == State::folder) {
    remove_children(node);
    leave(node);
  }
  node.state = state;
  node.stamp = {};
  changed_ = true;
}

void FileTree::set_problem(FileNode& node, std::string problem) {
  if (!problem.empty()) {
    unreadable_.insert(&node);
  } else if (!node.problem.empty()) {
    unreadable_.erase(&node);
  }
  if (node.problem != problem) changed_ = true;
  node.problem = std::move(problem);
}

// A node that is not there and waits for nothing has no reason to be.
void FileTree::prune(FileNode& node) {
  if (node.parent == nullptr || node.state != State::absent || !node.registrations.empty() ||
      !node.problem.empty() || node.due) {
    return;
  }
  remove_child(*node.parent, std::string(node.name));
}

void FileTree::remove_children(FileNode& node) {
  while (!node.children.empty()) remove_child(node, std::string(node.children.begin()->first));
}

void FileTree::remove_child(FileNode& folder, const std::string& name) {
  const auto found = folder.children.find(name);
  FileNode& node = *found->second;
  remove_children(node);
  if (node.state == State::folder) leave(node);
  if (node.state != State::absent || !node.problem.empty()) changed_ = true;
  detach(node);
  --nodes_;
  folder.children.erase(found);
}

void FileTree::detach(FileNode& node) {
  parts_.due.erase(node);
  unreadable_.erase(&node);
  parts_.watches.release(node, std::exchange(node.registrations, {}));
}

bool FileTree::settle() {
  if (!changed_) return false;
  changed_ = false;
  std::string problem;
  if (!unreadable_.empty()) {
    problem = (*unreadable_.begin())->problem;
    for (const FileNode* node : unreadable_) problem = std::min(problem, node->problem);
    if (unreadable_.size() > 1) {
      problem += " (and " + std::to_string(unreadable_.size() - 1) + " more)";
    }
  }
  std::optional<Digest> digest = digest_;
  if (problem.empty() && root_.state == State::absent) {
    digest = absent_path_digest();
  } else if (problem.empty()) {
    Sha256 hash;
    switch (root_.state) {
      case State::absent:
        break;
      case State::file:
        hash.add_field("file").add_field(bytes_of(root_.digest));
        break;
      case State::folder: {
        std::string prefix;
        hash.add_field("folder");
        add_files(hash, root_, prefix);
        break;
      }
    }
    digest = hash.finish();
  }
  if (digest == digest_ && problem == problem_) return false;
  digest_ = digest;
  problem_ = std::move(problem);
  return true;
}

void FileTree::add_files(Sha256& hash, const FileNode& folder, std::string& prefix) const {
  const std::size_t length = prefix.size();
  for (const auto& [name, node] : folder.children) {
    prefix += name;
    if (node->state == State::file) {
      hash.add_field(prefix).add_field(bytes_of(node->digest));
    } else if (node->state == State::folder) {
      prefix += '/';
      add_files(hash, *node, prefix);
    }
    prefix.resize(length);
  }
}

}  // namespace ebbgate::local
