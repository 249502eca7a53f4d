#include "metrics/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace ebbgate::metrics {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWithoutDescriptors{100};

constexpr std::size_t kAcceptedAtOnce = 64;

constexpr Refusal kBusy{503, "Service Unavailable", "too many requests at once"};
constexpr Refusal kEnding{503, "Service Unavailable", "the process is ending"};
constexpr Refusal kNoRoom{503, "Service Unavailable", "too many bytes of requests at once"};
constexpr Refusal kLargeHead{431, "Request Header Fields Too Large",
                             "the request's head is too large"};
constexpr Refusal kSlow{408, "Request Timeout", "the request came too slowly"};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

HttpServer::HttpServer(std::unique_ptr<Listener> listener, Handler handler, ServerLimits limits,
                       std::shared_ptr<const HostNames> names)
    : limits_(limits),
      bodies_(limits.bodies_bytes),
      listener_(std::move(listener)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      names_(std::move(names)),
      protocol_(std::move(handler), limits),
      workers_(
          limits,
          [this](Connection& connection, const ClientWait& client_wait) {
            protocol_.serve(connection, client_wait);
          },
          [this](Connection connection) {
            {
              const MutexLock lock(mutex_);
              served_.push_back(std::move(connection));
            }
            wake();
          }) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
  workers_.start();
  thread_.demand("http", "receiving requests", [this] { run(); });
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::answer_to(std::shared_ptr<const HostNames> names) {
  const MutexLock lock(mutex_);
  names_ = std::move(names);
}

void HttpServer::begin_stop() {
  stopping_ = true;
  wake();
  workers_.begin_stop();
}

void HttpServer::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
  workers_.stop();
  const MutexLock lock(mutex_);
  served_.clear();
}

void HttpServer::wake() {
  // Fails only when the counter is full, and then the thread is woken already.
  [[maybe_unused]] const int result = ::eventfd_write(wake_.get(), 1);
}

void HttpServer::run() {
  std::vector<pollfd> polled;
  std::vector<std::list<Connection>::iterator> connections;
  while (!stopping_) {
    auto now = steady_clock::now();
    polled.clear();
    connections.clear();
    polled.push_back({wake_.get(), POLLIN, 0});
    polled.push_back({now < accept_again_ ? -1 : listener_->fd(), POLLIN, 0});
    const std::size_t receiving = receiving_.size();
    for (auto* list : {&receiving_, &lingering_}) {
      for (auto place = list->begin(); place != list->end(); ++place) {
        polled.push_back({place->socket.get(), POLLIN, 0});
        connections.push_back(place);
      }
    }
    ::poll(polled.data(), polled.size(), poll_timeout(now));

    if (polled[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
    for (std::size_t index = 0; index < connections.size(); ++index) {
      if (polled[index + 2].revents == 0) continue;
      const auto place = connections[index];
      if (index < receiving) {
        if (!receive(*place)) receiving_.erase(place);
        continue;
      }
      std::array<char, 16384> discarded;
      const ssize_t got = ::recv(place->socket.get(), discarded.data(), discarded.size(), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) lingering_.erase(place);
    }
    take_served();
    if (polled[1].revents != 0) accept_all(steady_clock::now());
    now = steady_clock::now();
    drop_overdue(now);
    look_again_ = workers_.cut_off_slow_clients(now).value_or(SteadyTime::max());
  }
  receiving_.clear();
  lingering_.clear();
}

int HttpServer::poll_timeout(SteadyTime now) {
  SteadyTime next = look_again_;
  if (now < accept_again_) next = std::min(next, accept_again_);
  for (const Connection& connection : receiving_) next = std::min(next, deadline_of(connection));
  if (!lingering_.empty()) {
    next = std::min(next, lingering_.front().accepted + limits_.linger_time);
  }
  if (next == SteadyTime::max()) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max<std::int64_t>(0, wait.count()));
}

void HttpServer::accept_all(SteadyTime now) {
  // Bounded, so that a flood of new connections does not keep the others waiting, and pushes nobody
  // out before it was once looked at whether its request is there.
  const std::size_t most = std::clamp<std::size_t>(limits_.connections / 2, 1, kAcceptedAtOnce);
  for (std::size_t count = 0; count < most; ++count) {
    Descriptor socket(::accept4(listener_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // The one that waits longest gives its descriptor to the next.
        if (!receiving_.empty()) receiving_.pop_front();
        accept_again_ = now + kWithoutDescriptors;
      }
      return;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (receiving_.size() >= limits_.connections) receiving_.pop_front();
    receiving_.push_back({std::move(socket), now, {}, 0, 0, {}, ByteBudget::Share(bodies_)});
  }
}

SteadyTime HttpServer::deadline_of(const Connection& connection) const {
  return connection.accepted + (connection.head ? limits_.body_time : limits_.head_time);
}

bool HttpServer::receive(Connection& connection) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  connection.received.append(buffer.data(), static_cast<std::size_t>(got));
  if (!connection.head && !take_head(connection)) return false;
  return !connection.head || take_body(connection);
}

// Whether the connection goes on: its head has ended, or may still.
bool HttpServer::take_head(Connection& connection) {
  const std::string_view received = connection.received;
  const auto end = end_of_head(received, connection.scanned);
  connection.scanned = received.size();
  connection.head_size = end.value_or(received.size());
  if (connection.head_size > limits_.head_bytes) {
    turn_away(connection, kLargeHead);
    return false;
  }
  if (!end) return true;
  std::shared_ptr<const HostNames> names;
  {
    const MutexLock lock(mutex_);
    names = names_;
  }
  connection.head = read_head(received.substr(0, *end), limits_.body_bytes, names.get());
  if (connection.head->refusal) {
    turn_away(connection, *connection.head->refusal);
    return false;
  }
  if (connection.head->expects_continue && received.size() < *end + connection.head->body_size) {
    // A few bytes, which the socket's empty buffer takes.
    ::send(connection.socket.get(), kContinue.data(), kContinue.size(),
           MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  return true;
}

// Whether more of the body is to come.
bool HttpServer::take_body(Connection& connection) {
  const std::size_t body = connection.received.size() - connection.head_size;
  if (!connection.body_share.resize(std::min(body, connection.head->body_size))) {
    turn_away(connection, kNoRoom);
    return false;
  }
  if (body < connection.head->body_size) return true;
  if (!workers_.submit(connection)) turn_away(connection, stopping_ ? kEnding : kBusy);
  return false;
}

void HttpServer::turn_away(Connection& connection, const Refusal& refusal) {
  const std::string reply = refusal_text(refusal);
  // As above.
  ::send(connection.socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  linger(std::move(connection));
}

// Closing at once, with bytes of the client unread, would reset the connection and lose the reply.
void HttpServer::linger(Connection connection) {
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.accepted = steady_clock::now();
  connection.received = {};
  connection.body_share.give_back();
  lingering_.push_back(std::move(connection));
}

void HttpServer::drop_overdue(SteadyTime now) {
  for (auto place = receiving_.begin(); place != receiving_.end();) {
    const auto connection = place++;
    if (deadline_of(*connection) > now) continue;
    turn_away(*connection, kSlow);
    receiving_.erase(connection);
  }
  // Here alone, where no loop over polled connections holds places of the list.
  while (!lingering_.empty() && (lingering_.size() > limits_.connections ||
                                 lingering_.front().accepted + limits_.linger_time <= now)) {
    lingering_.pop_front();
  }
}

void HttpServer::take_served() {
  std::vector<Connection> served;
  {
    const MutexLock lock(mutex_);
    served.swap(served_);
  }
  for (Connection& connection : served) linger(std::move(connection));
}

}  // namespace ebbgate::metrics
