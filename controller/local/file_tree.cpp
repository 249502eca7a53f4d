#include "controller/local/file_tree.h"

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

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

bool within_itself(const FileNode& node, const FileStamp& stamp) {
  for (const FileNode* above = node.parent; above != nullptr; above = above->parent) {
    if (above->stamp.device == stamp.device && above->stamp.inode == stamp.inode) return true;
  }
  return false;
}

// Such a file will be read when its writer is done, or at its time.
bool being_written(const FileNode& node) {
  return node.due && node.state == State::file;
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
  if (!being_written(root_)) look(root_, Reading::by_hint);
  scanned_ = true;
}

void FileTree::refresh(FileNode& node) {
  look(node, Reading::always);
  prune(node);
}

FileNode* FileTree::child(FileNode& folder, const std::string& name) {
  if (folder.state != State::folder || parts_.ignore.ignored(name)) return nullptr;
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
  for (int tried = 1; !look_once(node, reading, tried == kTries); ++tried) {
  }
}

// False when it changed under our hands and is to be looked at again.
bool FileTree::look_once(FileNode& node, Reading reading, bool last_try) {
  // What is registered anew is registered before the old goes, so that no watch ends in between.
  const std::vector<Registration> before = std::exchange(node.registrations, {});
  const Destination destination = find(node);
  bool done = true;
  if (destination.status.error != 0) {
    set_problem(node, unreadable_sentence(destination.path, destination.status.error));
  } else if (destination.status.kind == FileKind::regular) {
    done = read_file(node, destination, reading, last_try);
  } else if (destination.status.kind == FileKind::folder &&
             !within_itself(node, destination.status.stamp)) {
    done = read_folder(node, destination, last_try);
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
  const FileContent content = parts_.files.read(destination.path);
  ++parts_.reads;
  if (content.status.error != 0) {
    set_problem(node, unreadable_sentence(destination.path, content.status.error));
    return true;
  }
  if (content.status.kind != FileKind::regular) {
    if (last_try) pass_over(node);
    return false;
  }
  if (content.moving && !last_try) return false;

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
  return !content.moving;
}

bool FileTree::read_folder(FileNode& node, const Destination& destination, bool last_try) {
  parts_.watches.register_contents(node, destination.path);
  std::vector<std::string> names;
  const int error = parts_.files.list(destination.path, names);
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
  node.stamp = destination.status.stamp;

  std::erase_if(names, [this](const std::string& name) { return parts_.ignore.ignored(name); });
  std::sort(names.begin(), names.end());
  std::vector<std::string> gone;
  for (const auto& [name, known] : node.children) {
    if (!std::binary_search(names.begin(), names.end(), name)) gone.push_back(name);
  }
  for (const std::string& name : gone) remove_child(node, name);

  for (const std::string& name : names) {
    if (nodes_ >= kMaximumNodes && !node.children.contains(name)) {
      set_problem(node, destination.path + " and what is beside it hold more than " +
                            std::to_string(kMaximumNodes) + " files: watch fewer");
      return true;
    }
    FileNode* found = child(node, name);
    if (being_written(*found)) continue;
    look(*found, Reading::by_hint);
    prune(*found);
  }
  return true;
}

void FileTree::pass_over(FileNode& node) {
  set_problem(node, {});
  set_state(node, State::absent);
  node.stamp = {};
  node.path.clear();
}

void FileTree::set_state(FileNode& node, State state) {
  if (node.state == state) return;
  if (node.state == State::folder) remove_children(node);
  node.state = state;
  node.stamp = {};
  changed_ = true;
}

void FileTree::set_problem(FileNode& node, std::string problem) {
  if (!problem.empty()) {
    parts_.due.put(node, BootClock::now() + kUnreadableDelay);
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
