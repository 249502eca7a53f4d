#include "metrics/status_page.h"

#include <array>

#include <openssl/evp.h>

#include "base/digest.h"
#include "metrics/status_page_text.h"

namespace ebbgate::metrics {

namespace {

// The content of the page's only element that begins with `tag`.
std::string_view content_of(std::string_view tag, std::string_view end_tag) {
  const std::string_view page = kStatusPageText;
  const std::size_t begin = page.find('>', page.find(tag)) + 1;
  return page.substr(begin, page.find(end_tag, begin) - begin);
}

std::string source_of(std::string_view text) {
  const Digest digest = sha256(text);
  std::array<unsigned char, 48> encoded{};
  const int length =
      EVP_EncodeBlock(encoded.data(), digest.bytes.data(), static_cast<int>(digest.bytes.size()));
  return "'sha256-" + std::string(encoded.begin(), encoded.begin() + length) + "'";
}

}  // namespace

std::string_view status_page() {
  return kStatusPageText;
}

const std::string& status_page_policy() {
  static const std::string kPolicy =
      "default-src 'none'; style-src " + source_of(content_of("<style", "</style>")) +
      "; script-src " + source_of(content_of("<script", "</script>")) +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'; require-trusted-types-for 'script'; trusted-types 'none'";
  return kPolicy;
}

}  // namespace ebbgate::metrics
