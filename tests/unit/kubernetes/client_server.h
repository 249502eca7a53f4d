#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "tests/unit/kubernetes/client_certificates.h"

struct ssl_st;
struct ssl_ctx_st;

namespace ebbgate::kubernetes::testing {

/// What a client asked for.
struct Asked {
  std::string line;                            ///< method and path
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One connection of a client, as the server sees it.
class Peer final {
 public:
  Peer(int socket, ssl_st* session) : socket_(socket), session_(session) {}

  /// The next request; nothing when the client closed or the server stops.
  std::optional<Asked> read();
  /// Waits for so many bytes, at least.
  bool read_bytes(std::size_t count);
  bool write(const std::string& bytes);
  bool answer(int status, const std::string& body, const std::string& more_headers = "");
  bool begin_chunks();
  bool chunk(const std::string& bytes);
  /// Says that nothing more comes; the client can see it when this returns.
  void close();
  /// Waits until the client closes.
  void wait_for_close();
  /// The name that the client's certificate is for; empty: it showed none.
  std::string client_name() const;

 private:
  bool fill();

  int socket_;
  ssl_st* session_;
  std::string buffer_;
};

/// A server on 127.0.0.1 that does what the test says with each connection, each on its own thread.
class FakeServer final {
 public:
  using Handler = std::function<void(Peer& peer, int number)>;  ///< of the connection, from 1

  explicit FakeServer(Handler handler, const Issued* identity = nullptr,
                      const std::string& client_ca_pem = "");
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void serve(int socket, int number);

  const Handler handler_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  Mutex mutex_;
  bool stopping_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::vector<int> sockets_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ EBBGATE_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

/// Holds a port of 127.0.0.1 on which nobody listens.
class DeafPort final {
 public:
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int socket_;
};

}  // namespace ebbgate::kubernetes::testing
