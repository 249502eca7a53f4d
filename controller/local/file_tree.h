#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "controller/local/due_queue.h"
#include "controller/local/file_node.h"
#include "controller/local/ignore_rules.h"
#include "controller/local/path_walk.h"
#include "controller/local/watch_table.h"

namespace ebbgate::local {

/// What a tree works with. Must outlive it.
struct TreeParts {
  FileSystem& files;
  WatchTable& watches;
  DueQueue& due;
  ReadLimits limits;
  std::shared_ptr<const IgnoreRules> ignore;  ///< never null
  std::uint64_t reads = 0;                    ///< contents read so far
};

/// One watch entry: a file or a folder with everything below, and the digest of it. Keeps a digest
/// per file, so that a change costs the reading of one file. Used by one thread at a time.
///
/// A file whose reading took a thread some work is not read again for nine times that long (a
/// minute at most), however often it changes. What is too much to be configuration (a large file, a
/// folder of too many entries, links that lead round) cannot be read, and problem() says so. Once
/// told to stop, all it knows means nothing.
class FileTree {
 public:
  enum class Reading {
    always,
    by_hint,  ///< not where the stamp says for sure that nothing was written
  };

  /// `path` is absolute. Nothing is read before rescan().
  FileTree(std::string path, TreeParts& parts);
  ~FileTree();
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  /// Looks at everything; files whose writing is under way are left to their own time.
  void rescan();
  /// Looks at one node again, and reads it if it is a file. `node` may be gone afterwards.
  void refresh(FileNode& node);
  /// The child of that name; made where it is not known, so that it can be put into the queue.
  /// Null for a name that is passed over, or where `folder` is none (any more).
  FileNode* child(FileNode& folder, const std::string& name);

  /// Works out digest() and problem() after changes. True when either is another than before.
  bool settle();

  const std::string& path() const { return root_.name; }
  bool scanned() const { return scanned_; }
  bool absent() const { return root_.state == FileNode::State::absent; }
  /// What was there when it was last looked at.
  FileKind kind() const { return kind_; }
  /// Of what could last be read; nothing as long as a part of it never could.
  const std::optional<Digest>& digest() const { return digest_; }
  /// Why it cannot be told what is there, and what to do; empty when all is well.
  const std::string& problem() const { return problem_; }

 private:
  void look(FileNode& node, Reading reading);
  bool look_once(FileNode& node, Reading reading, bool last_try);
  Destination find(FileNode& node);
  bool read_file(FileNode& node, const Destination& destination, Reading reading, bool last_try);
  bool read_folder(FileNode& node, const Destination& destination, bool last_try);
  std::string excess_of(const FileNode& node, const Destination& destination) const;
  void follow(FileNode& folder, const FileStamp& stamp);
  void leave(const FileNode& folder);
  void try_again(FileNode& node, Duration work_before);
  void give_up(Duration work_before);
  void pass_over(FileNode& node);
  void set_state(FileNode& node, FileNode::State state);
  void set_problem(FileNode& node, std::string problem);
  void prune(FileNode& node);
  void remove_children(FileNode& node);
  void remove_child(FileNode& folder, const std::string& name);
  void detach(FileNode& node);
  void add_files(Sha256& hash, const FileNode& folder, std::string& prefix) const;

  TreeParts& parts_;
  FileNode root_;
  FileKind kind_ = FileKind::absent;
  std::size_t nodes_ = 1;
  std::map<std::pair<dev_t, ino_t>, int> folders_;  // how often each is followed
  std::string excess_;  // why the entry is too much to be read; empty: it is not
  std::set<FileNode*> unreadable_;
  bool scanned_ = false;
  bool changed_ = true;
  std::optional<Digest> digest_;
  std::string problem_;
};

}  // namespace ebbgate::local
