#include "controller/local/tls_probe.h"

#include <memory>
#include <string>
#include <variant>

#include "net/tls.h"

namespace ebbgate::local {

bool speaks_tls(const net::Endpoint& endpoint, const net::Waiter& waiter, BootTime deadline) {
  net::TlsSettings settings;
  settings.server_name = endpoint.host;
  settings.insecure = true;  // it is not trusted with anything
  const auto made = net::Tls::make(settings);
  const auto* const tls = std::get_if<std::shared_ptr<const net::Tls>>(&made);
  if (tls == nullptr) return false;
  const auto dialed = net::dial(endpoint, waiter, deadline);
  const auto* const socket = std::get_if<Descriptor>(&dialed);
  if (socket == nullptr) return false;
  return std::holds_alternative<net::TlsSession>(
      (*tls)->connect(socket->get(), nullptr, waiter, deadline));
}

}  // namespace ebbgate::local
