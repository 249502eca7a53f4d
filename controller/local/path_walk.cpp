#include "controller/local/path_walk.h"

#include <cerrno>
#include <vector>

namespace ebbgate::local {
namespace {

constexpr int kMaximumLinks = 40;  // as the kernel

// What is still to be walked, the next part at the back.
class PendingParts {
 public:
  void push(std::string_view path) {
    while (!path.empty()) {
      const std::size_t slash = path.rfind('/');
      const std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
      if (!part.empty() && part != ".") parts_.emplace_back(part);
      path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }
  }
  bool empty() const { return parts_.empty(); }
  std::string pop() {
    std::string part = std::move(parts_.back());
    parts_.pop_back();
    return part;
  }

 private:
  std::vector<std::string> parts_;
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string join(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (path.back() != '/') path += '/';
  return path.append(name);
}

Destination walk(FileSystem& files, const std::string& folder, std::string_view path,
                 const BeforeLookup& before_lookup) {
  PendingParts pending;
  pending.push(path);
  std::string current = path.starts_with('/') ? "/" : folder;
  int links = 0;
  while (!pending.empty()) {
    const std::string name = pending.pop();
    if (name == "..") {
      current = parent_of(current);
      continue;
    }
    before_lookup(current, name, pending.empty());
    std::string next = join(current, name);
    FileStatus status = files.status(next);
    if (status.error == 0 && status.kind == FileKind::link) {
      std::string target;
      const int error = files.read_link(next, target);
      // It was replaced just now; a report of that comes.
      if (error == EINVAL || error == ENOENT) return {FileStatus{}, std::move(next)};
      if (++links > kMaximumLinks) {
        status.kind = FileKind::loop;
        return {status, std::move(next)};
      }
      if (error != 0) {
        status.error = error;
        return {status, std::move(next)};
      }
      pending.push(target);
      if (target.starts_with('/')) current = "/";
      continue;
    }
    if (status.error != 0) return {status, std::move(next)};
    if (status.kind != FileKind::folder && !pending.empty()) status = FileStatus{};
    if (status.kind != FileKind::folder) return {status, std::move(next)};
    current = std::move(next);
  }
  FileStatus status = files.status(current);
  return {status, std::move(current)};
}

}  // namespace ebbgate::local
