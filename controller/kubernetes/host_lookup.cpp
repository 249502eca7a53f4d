#include "controller/kubernetes/host_lookup.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "base/descriptor.h"
#include "base/mutex.h"

namespace ebbgate::kubernetes {
namespace {

using Found = std::variant<HostLookup::Addresses, std::string>;

Found ask(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  if (error != 0) return error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(first, freeaddrinfo);
  HostLookup::Addresses addresses;
  for (const addrinfo* entry = first; entry != nullptr; entry = entry->ai_next) {
    HostLookup::Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    std::array<char, NI_MAXHOST> text{};
    getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                NI_NUMERICHOST);
    address.text = text.data();
    addresses.push_back(std::move(address));
  }
  if (addresses.empty()) return "no address";
  return addresses;
}

// Shared by who asks and the thread that may outlive the question.
struct Question {
  Mutex mutex;
  Found answer EBBGATE_GUARDED_BY(mutex) = std::string();
  Descriptor answered{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace

std::variant<HostLookup::Addresses, std::string> HostLookup::look_up(const std::string& host,
                                                                     std::uint16_t port,
                                                                     const Waiter& waiter,
                                                                     BootTime deadline) {
  Found numeric = ask(host, port, AI_NUMERICHOST);
  if (std::holds_alternative<Addresses>(numeric)) return numeric;

  const std::string cannot = "cannot look up " + host + ": ";
  const auto question = std::make_shared<Question>();
  try {
    std::thread([question, host, port] {
      Found answer = ask(host, port, 0);
      MutexLock lock(question->mutex);
      question->answer = std::move(answer);
      eventfd_write(question->answered.get(), 1);
    }).detach();
  } catch (const std::system_error& error) {
    return cannot + error.what();
  }
  switch (waiter.wait(question->answered.get(), POLLIN, deadline)) {
    case Waiter::Result::late:
      return cannot + "no answer in time";
    case Waiter::Result::interrupted:
      return "interrupted";
    case Waiter::Result::ready:
      break;
  }
  MutexLock lock(question->mutex);
  if (auto* error = std::get_if<std::string>(&question->answer)) return cannot + *error;
  return std::move(question->answer);
}

}  // namespace ebbgate::kubernetes
