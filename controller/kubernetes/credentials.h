#pragma once

#include <memory>
#include <string>

#include "base/clock.h"

#include "net/tls.h"
#include "net/waiter.h"

namespace ebbgate::kubernetes {

/// What a request goes out with: nothing, one of the two, or both.
struct Credential {
  std::string token;
  std::shared_ptr<const net::ClientCertificate> certificate;  ///< may be null
  std::string error;  ///< why there are none although there should be; then no request can be sent
};

/// Where credentials come from. They are read again as they rotate. Any thread.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// May take as long as `deadline` where a program must be asked, or until it is interrupted.
  virtual Credential get(const net::Waiter& waiter, BootTime deadline) = 0;
  /// The server did not accept `used`: the next get() does not answer from memory, unless somebody
  /// else has read it anew since.
  virtual void rejected(const Credential& used) = 0;
};

}  // namespace ebbgate::kubernetes
