#pragma once

#include <memory>
#include <string>
#include <variant>

#include "base/clock.h"

#include "net/failure.h"
#include "net/waiter.h"

struct ssl_st;
struct ssl_ctx_st;

namespace ebbgate::net {

/// Who we are to a server that asks for a certificate.
struct ClientCertificate {
  std::string certificate_pem;  ///< with its chain
  std::string key_pem;
  bool operator==(const ClientCertificate&) const = default;
};

struct TlsSettings {
  std::string ca_pem;  ///< who may have signed the server's certificate; empty: the system's CAs
  std::string server_name;  ///< the name or address that it must be for
  bool insecure = false;    ///< nothing is verified
  /// What to do where the certificate is for another name, and where nobody known vouches for it;
  /// each the end of a sentence.
  std::string name_advice = {};
  std::string authority_advice = {};
};

struct TlsDeleter {
  void operator()(ssl_st* session) const;
  void operator()(ssl_ctx_st* context) const;
};
using TlsSession = std::unique_ptr<ssl_st, TlsDeleter>;

/// What all connections to a server have in common. Any thread.
class Tls final {
 public:
  /// Returns what is wrong with the settings.
  static std::variant<std::shared_ptr<const Tls>, std::string> make(TlsSettings settings);

  /// A verified session over a non-blocking socket, which must outlive it. `certificate` may be
  /// null. Returns why there is none.
  std::variant<TlsSession, Failure> connect(int socket, const ClientCertificate* certificate,
                                            const Waiter& waiter, BootTime deadline) const;

 private:
  Tls(TlsSettings settings, std::unique_ptr<ssl_ctx_st, TlsDeleter> context);
  std::string verify_error(long result) const;

  const TlsSettings settings_;
  const std::unique_ptr<ssl_ctx_st, TlsDeleter> context_;
};

/// What OpenSSL says went wrong last on this thread.
std::string tls_error();

}  // namespace ebbgate::net
