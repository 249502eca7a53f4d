#pragma once

#include <string>
#include <vector>

namespace ebbgate::kubernetes::testing {

struct Issued {
  std::string certificate_pem;
  std::string key_pem;
};

/// A certificate authority of the test's own.
class Authority final {
 public:
  explicit Authority(const std::string& name);
  const std::string& pem() const { return own_.certificate_pem; }

  /// `alternative_names` as OpenSSL writes them: "DNS:api.test,IP:127.0.0.1".
  Issued issue(const std::string& common_name, const std::string& alternative_names) const;

 private:
  Issued own_;
};

}  // namespace ebbgate::kubernetes::testing
