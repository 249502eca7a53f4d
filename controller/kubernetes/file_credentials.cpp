#include "controller/kubernetes/file_credentials.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace ebbgate::kubernetes {

std::optional<std::string> read_small_file(const std::string& path, std::string& error) {
  constexpr std::size_t kMost = std::size_t{1024} * 1024;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string content;
  std::array<char, 4096> bytes{};
  ssize_t count = file ? 1 : -1;
  while (count > 0 && content.size() <= kMost) {
    count = ::read(file.get(), bytes.data(), bytes.size());
    if (count > 0) content.append(bytes.data(), static_cast<std::size_t>(count));
  }
  if (count == 0) return content;
  error = "cannot read " + path + ": " + (count > 0 ? "it is too long" : std::strerror(errno));
  return std::nullopt;
}

Credential FileCredentials::get(const net::Waiter&, BootTime) {
  MutexLock lock(mutex_);
  const BootTime now = clock_.now().boot;
  if (current_ && now < read_at_ + kReadAgain && current_->error.empty()) return *current_;
  Credential fresh = read();
  read_at_ = now;
  // The same certificate stays the same object, so that connections made with it stay.
  if (current_ && current_->certificate && fresh.certificate &&
      *current_->certificate == *fresh.certificate) {
    fresh.certificate = current_->certificate;
  }
  // What was read before may serve until the file is back.
  if (!fresh.error.empty() && current_ && current_->error.empty()) return *current_;
  current_ = fresh;
  return fresh;
}

void FileCredentials::rejected(const Credential& used) {
  MutexLock lock(mutex_);
  if (current_ && current_->token == used.token && current_->certificate == used.certificate) {
    read_at_ = BootTime::min();
  }
}

Credential FileCredentials::read() const {
  Credential result;
  const auto text = [&](const std::string& given, const std::string& path) -> std::string {
    if (!given.empty() || path.empty()) return given;
    return read_small_file(path, result.error).value_or("");
  };
  result.token = text(files_.token, files_.token_file);
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!result.token.empty() && is_blank(result.token.back())) result.token.pop_back();
  if (std::any_of(result.token.begin(), result.token.end(), is_blank)) {
    result.error = "the token holds a space or a control character";
  } else if (result.token.empty() && !files_.token_file.empty() && result.error.empty()) {
    result.error = files_.token_file + " is empty";
  }
  const net::ClientCertificate certificate{text(files_.certificate_pem, files_.certificate_file),
                                           text(files_.key_pem, files_.key_file)};
  if (!certificate.certificate_pem.empty() || !certificate.key_pem.empty()) {
    result.certificate = std::make_shared<net::ClientCertificate>(certificate);
  }
  return result;
}

}  // namespace ebbgate::kubernetes
