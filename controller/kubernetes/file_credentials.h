#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/kubernetes/credentials.h"

namespace ebbgate::kubernetes {

/// Credentials as texts, or in files. Of each pair the first is used where it is not empty.
struct CredentialFiles {
  std::string token;
  std::string token_file;
  std::string certificate_pem;
  std::string certificate_file;
  std::string key_pem;
  std::string key_file;
};

/// Reads files again when a minute has passed, and when the server did not accept what was in them.
class FileCredentials final : public CredentialSource {
 public:
  static constexpr Duration kReadAgain = std::chrono::minutes(1);

  FileCredentials(CredentialFiles files, const Clock& clock)
      : files_(std::move(files)), clock_(clock) {}

  Credential get(const net::Waiter& waiter, BootTime deadline) override EBBGATE_EXCLUDES(mutex_);
  void rejected(const Credential& used) override EBBGATE_EXCLUDES(mutex_);

 private:
  Credential read() const;

  const CredentialFiles files_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<Credential> current_ EBBGATE_GUARDED_BY(mutex_);
  BootTime read_at_ EBBGATE_GUARDED_BY(mutex_);
};

/// What is in a file, at most 1 MiB of it, or why it cannot be read (naming it) into `error`.
std::optional<std::string> read_small_file(const std::string& path, std::string& error);

}  // namespace ebbgate::kubernetes
