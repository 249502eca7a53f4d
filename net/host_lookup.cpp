#include "net/host_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/descriptor.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace ebbgate::net {
namespace {

using Addresses = HostLookup::Addresses;
using Found = HostLookup::Found;

Found ask(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* first = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (error == EAI_SYSTEM) return system_failure(errno, Failure::Kind::no_address);
  if (error == EAI_MEMORY) return system_failure(ENOMEM, Failure::Kind::no_address);
  if (error != 0) return Failure{Failure::Kind::no_address, gai_strerror(error)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(first, freeaddrinfo);
  Addresses addresses;
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
  if (addresses.empty()) return Failure{Failure::Kind::no_address, "no address"};
  return addresses;
}

Found with_port(Addresses addresses, std::uint16_t port) {
  for (auto& address : addresses) {
    auto* const generic = &address.storage;
    if (address.storage.ss_family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(generic)->sin_port = htons(port);
    } else {
      reinterpret_cast<sockaddr_in6*>(generic)->sin6_port = htons(port);
    }
  }
  return addresses;
}

}  // namespace

// One name that is asked for. Everything but `answered` belongs to the State's mutex.
struct HostLookup::Question {
  std::string host;
  Found answer;
  Descriptor answered{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable from then on
  std::size_t askers = 0;
  bool begun = false;
};

struct HostLookup::State {
  explicit State(Resolve with) : resolve(std::move(with)) {}

  const Resolve resolve;
  Mutex mutex;
  std::map<std::string, std::shared_ptr<Question>> open EBBGATE_GUARDED_BY(mutex);
  std::deque<std::shared_ptr<Question>> waiting EBBGATE_GUARDED_BY(mutex);
  std::size_t threads EBBGATE_GUARDED_BY(mutex) = 0;
};

HostLookup::HostLookup(Resolve resolve) : state_(std::make_shared<State>(std::move(resolve))) {}

HostLookup& HostLookup::system() {
  static HostLookup* const lookup =
      new HostLookup([](const std::string& host) { return ask(host, 0); });
  return *lookup;
}

HostLookup::Found HostLookup::look_up(const std::string& host, std::uint16_t port,
                                      const Waiter& waiter, BootTime deadline) {
  Found numeric = ask(host, AI_NUMERICHOST);
  if (auto* addresses = std::get_if<Addresses>(&numeric)) {
    return with_port(std::move(*addresses), port);
  }
  const std::string cannot = "cannot look up " + host + ": ";
  std::shared_ptr<Question> question;
  {
    MutexLock lock(state_->mutex);
    auto& open = state_->open[host];
    if (!open) {
      open = std::make_shared<Question>();
      open->host = host;
      std::optional<int> error;
      if (!open->answered) error = errno;
      if (!error && state_->threads < kMostThreads) {
        const int refused = start_detached("look-up", [state = state_] { work(state); });
        if (refused == 0) {
          ++state_->threads;
        } else if (state_->threads == 0) {
          error = refused;
        }
      }
      if (error) {
        state_->open.erase(host);
        return system_failure(*error, Failure::Kind::own_resources, "cannot look up " + host);
      }
      state_->waiting.push_back(open);
    }
    question = open;
    ++question->askers;
  }
  const auto waited = waiter.wait(question->answered.get(), POLLIN, deadline);
  MutexLock lock(state_->mutex);
  --question->askers;
  if (waited == Waiter::Result::ready) {
    if (const auto* failure = std::get_if<Failure>(&question->answer)) {
      return Failure{failure->kind, cannot + failure->text};
    }
    return with_port(std::get<Addresses>(question->answer), port);
  }
  const bool begun = question->begun;
  if (!begun && question->askers == 0) {
    state_->open.erase(host);
    std::erase(state_->waiting, question);
  }
  if (waited == Waiter::Result::interrupted) {
    return Failure{Failure::Kind::interrupted, "interrupted"};
  }
  return Failure{Failure::Kind::late,
                 cannot + (begun ? "no answer in time"
                                 : "the look-ups of other names have had no answer yet")};
}

void HostLookup::work(const std::shared_ptr<State>& state) {
  block_all_signals();
  while (true) {
    std::shared_ptr<Question> question;
    {
      MutexLock lock(state->mutex);
      if (state->waiting.empty()) {
        --state->threads;
        return;
      }
      question = std::move(state->waiting.front());
      state->waiting.pop_front();
      question->begun = true;
    }
    Found answer = state->resolve(question->host);
    MutexLock lock(state->mutex);
    question->answer = std::move(answer);
    state->open.erase(question->host);
    eventfd_write(question->answered.get(), 1);
  }
}

}  // namespace ebbgate::net
