#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace ebbgate::feedback::testing {

/// A folder of the test's own, gone with it.
class Folder final {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The peer's end of a connection. Everything waits for at most a minute, then throws.
class Accepted final {
 public:
  explicit Accepted(Descriptor socket) : socket_(std::move(socket)) {}

  /// The next line; empty: the connection ended.
  std::string read_line();
  /// false: the connection ended.
  bool write(std::string_view bytes);
  void close() { socket_.reset(); }
  int descriptor() const { return socket_.get(); }

 private:
  Descriptor socket_;
  std::string read_;
};

/// A peer that listens, and takes its file away when it goes.
class Listener final {
 public:
  explicit Listener(std::string path, int backlog = 16);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Waits for at most a minute, then throws.
  Accepted accept();
  /// Whether a connection waits to be accepted.
  bool is_dialled() const;

 private:
  std::string path_;
  Descriptor socket_;
};

/// Waits for what another thread does, at most as long as no machine is loaded.
bool comes_true(const std::function<bool()>& condition);

}  // namespace ebbgate::feedback::testing
