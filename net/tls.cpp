#include "net/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace ebbgate::net {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::vector<Certificate> read_certificates(const std::string& pem) {
  std::vector<Certificate> certificates;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate, &X509_free);
  }
  ERR_clear_error();
  return certificates;
}

// An encrypted key must not make OpenSSL ask on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

Failure untrusted(std::string why) {
  return {Failure::Kind::untrusted, std::move(why)};
}

// Whether what came during the handshake was no TLS, as OpenSSL says of its last error.
bool is_no_tls() {
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return true;
    default:
      return false;
  }
}

std::string present(SSL* session, const ClientCertificate& certificate) {
  const auto certificates = read_certificates(certificate.certificate_pem);
  if (certificates.empty()) return "the client certificate is not a PEM certificate";
  const Bio bio(
      BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size())),
      &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr), &EVP_PKEY_free);
  if (!key) return "the client key is not an unencrypted PEM key";
  if (SSL_use_certificate(session, certificates.front().get()) != 1 ||
      SSL_use_PrivateKey(session, key.get()) != 1) {
    return "client certificate and key cannot be used together: " + tls_error();
  }
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    SSL_add1_chain_cert(session, certificates[i].get());
  }
  return "";
}

}  // namespace

void TlsDeleter::operator()(ssl_st* session) const {
  SSL_free(session);
}
void TlsDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

std::string tls_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "TLS failed";
}

Tls::Tls(TlsSettings settings, std::unique_ptr<ssl_ctx_st, TlsDeleter> context)
    : settings_(std::move(settings)), context_(std::move(context)) {}

std::variant<std::shared_ptr<const Tls>, std::string> Tls::make(TlsSettings settings) {
  ERR_clear_error();
  std::unique_ptr<ssl_ctx_st, TlsDeleter> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return tls_error();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Idle sessions keep no buffers: there are a dozen of them.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (!settings.insecure) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // As Go does: whatever is named as a CA is trusted, also where another one signed it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
    if (settings.ca_pem.empty()) {
      SSL_CTX_set_default_verify_paths(context.get());
    } else {
      const auto authorities = read_certificates(settings.ca_pem);
      if (authorities.empty()) return "the certificate authority is not a PEM certificate";
      X509_STORE* store = SSL_CTX_get_cert_store(context.get());
      for (const auto& authority : authorities) X509_STORE_add_cert(store, authority.get());
    }
  }
  ERR_clear_error();
  settings.ca_pem.clear();
  return std::shared_ptr<const Tls>(new Tls(std::move(settings), std::move(context)));
}

std::variant<TlsSession, Failure> Tls::connect(int socket, const ClientCertificate* certificate,
                                               const Waiter& waiter, BootTime deadline) const {
  ERR_clear_error();
  TlsSession session(SSL_new(context_.get()));
  if (!session || SSL_set_fd(session.get(), socket) != 1) return untrusted(tls_error());
  if (certificate != nullptr) {
    std::string error = present(session.get(), *certificate);
    if (!error.empty()) return untrusted(std::move(error));
  }
  if (is_address(settings_.server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), settings_.server_name.c_str());
  } else {
    // SSL_set_tlsext_host_name() without its C cast.
    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(settings_.server_name.c_str()));
    SSL_set_hostflags(session.get(),
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set1_host(session.get(), settings_.server_name.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(session.get());
    if (result == 1) return session;
    const int error = SSL_get_error(session.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      const long verified = SSL_get_verify_result(session.get());
      if (!settings_.insecure && verified != X509_V_OK) return untrusted(verify_error(verified));
      if ((error == SSL_ERROR_SYSCALL && ERR_peek_error() == 0) || is_no_tls()) {
        ERR_clear_error();
        return Failure{Failure::Kind::not_tls,
                       "the server does not answer the TLS handshake: is it an https server?"};
      }
      return untrusted("no TLS session: " + tls_error());
    }
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    const auto waited = waiter.wait(socket, events, deadline);
    if (waited == Waiter::Result::late) {
      return Failure{Failure::Kind::not_tls,
                     "no answer to the TLS handshake: is it an https server?"};
    }
    if (waited == Waiter::Result::interrupted) {
      return Failure{Failure::Kind::interrupted, "interrupted"};
    }
  }
}

std::string Tls::verify_error(long result) const {
  std::string error =
      "its certificate is not trusted: " + std::string(X509_verify_cert_error_string(result));
  if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return error + ": it is not for " + settings_.server_name + settings_.name_advice;
  }
  return error + settings_.authority_advice;
}

}  // namespace ebbgate::net
