#include "controller/local/tree_reader.h"

#include <sys/inotify.h>

#include <algorithm>
#include <utility>

namespace ebbgate::local {
namespace {

constexpr auto kUnfinishedDelay = std::chrono::seconds(1);
// A file in a storm is read again only after this many times what reading it costs.
constexpr int kRestPerCost = 20;
constexpr Duration kLongestRest = std::chrono::seconds(1);

}  // namespace

TreeReader::TreeReader(std::string path, std::uint64_t max_file_size,
                       std::shared_ptr<FileSystem> files, std::shared_ptr<SharedNotifier> notifier,
                       SharedNotifier::Subscriber subscriber)
    : files_(std::move(files)),
      notifier_(std::move(notifier)),
      watches_(*notifier_, subscriber),
      parts_{*files_, watches_, due_, {max_file_size, stop_}, nullptr},
      tree_(std::move(path), parts_) {}

TreeContent TreeReader::read(Order order) {
  now_ = BootClock::now();
  parts_.reads = 0;
  parts_.ignore = std::move(order.ignore);
  for (const ChangeEvent& event : order.events) {
    if (stop_) return {};
    take(event);
  }
  if (order.rescan) tree_.rescan();
  const BootTime begin = BootClock::now();
  int nodes = 0;
  while (!stop_) {
    FileNode* node = due_.pop(now_);
    if (node == nullptr) break;
    if (put_off(*node)) continue;
    tree_.refresh(*node);
    ++nodes;
  }
  if (stop_) return {};
  tree_.settle();
  if (nodes > 0) per_node_ = (BootClock::now() - begin) / nodes;
  return {tree_.digest(), tree_.problem(), tree_.absent(), tree_.kind(), due_.next(), parts_.reads};
}

void TreeReader::take(const ChangeEvent& event) {
  if ((event.mask & IN_IGNORED) != 0) {
    for (FileNode* node : watches_.forget(event.watch)) due_.put(*node, now_);
    return;
  }
  const WatchTable::Listeners listeners = watches_.listeners(event);
  if (listeners.nodes.empty() && listeners.folders.empty()) return;
  const BootTime when = time_to_read(event, listeners.path);
  for (FileNode* node : listeners.nodes) due_.put(*node, when);
  for (FileNode* folder : listeners.folders) {
    FileNode* node = tree_.child(*folder, event.name);
    if (node != nullptr) due_.put(*node, when);
  }
}

BootTime TreeReader::time_to_read(const ChangeEvent& event, const std::string& path) {
  const BootTime later = now_ + kUnfinishedDelay;
  if ((event.mask & IN_MODIFY) != 0) return later;
  const bool coming_or_going = (event.mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM)) != 0;
  if (!coming_or_going || (event.mask & IN_ISDIR) != 0) return now_;
  // Who makes a new file, also in place of one that went, writes and closes it, or renames it
  // there, which is reported; links are whole from the beginning.
  const FileStatus status = files_->status(path);
  const bool begun = status.error == 0 && status.kind == FileKind::regular && !status.hard_links;
  return begun ? later : now_;
}

bool TreeReader::put_off(FileNode& node) {
  BootTime rested = node.rested_at;
  if (node.read_at != BootTime{}) {
    rested =
        std::max(rested, node.read_at + std::min<Duration>(per_node_ * kRestPerCost, kLongestRest));
  }
  if (rested <= now_) return false;
  due_.put(node, rested);
  return true;
}

}  // namespace ebbgate::local
