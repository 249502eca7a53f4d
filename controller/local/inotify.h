#pragma once

#include <memory>
#include <vector>

#include "controller/local/change_notifier.h"

namespace ebbgate::local {

/// The kernel's inotify.
class Inotify final : public ChangeNotifier {
 public:
  Inotify();
  ~Inotify() override;
  Inotify(const Inotify&) = delete;
  Inotify& operator=(const Inotify&) = delete;

  int descriptor() const override { return descriptor_; }
  int problem() const override { return problem_; }
  int add(const std::string& path, std::uint32_t mask) override;
  void remove(int watch) override;
  void read(std::vector<ChangeEvent>& events) override;

 private:
  int descriptor_;
  int problem_;
  std::vector<char> buffer_;
};

}  // namespace ebbgate::local
