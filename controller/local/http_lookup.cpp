#include "controller/local/http_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace ebbgate::local {
namespace {

HttpLookup::Result look_up(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  HttpLookup::Result result;
  if (error != 0) {
    result.error = error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error);
    return result;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    const std::string address = text.data();
    if (std::find(result.addresses.begin(), result.addresses.end(), address) ==
        result.addresses.end()) {
      result.addresses.push_back(address);
    }
  }
  if (result.addresses.empty()) result.error = "no address";
  return result;
}

}  // namespace

std::optional<HttpLookup::Result> HttpLookup::wait() {
  Result numeric = look_up(host_, AI_NUMERICHOST);
  if (!numeric.addresses.empty()) return numeric;
  try {
    std::thread([self = shared_from_this()] { self->set(look_up(self->host_, 0)); }).detach();
  } catch (const std::system_error& error) {
    return Result{{}, error.what()};
  }
  MutexLock lock(mutex_);
  while (!result_ && !abandoned_) changed_.wait(mutex_);
  return abandoned_ ? std::nullopt : result_;
}

void HttpLookup::abandon() {
  MutexLock lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

void HttpLookup::set(Result result) {
  MutexLock lock(mutex_);
  result_ = std::move(result);
  changed_.notify_all();
}

}  // namespace ebbgate::local
