#include "base/base64.h"

#include <algorithm>
#include <vector>

#include <openssl/evp.h>

namespace ebbgate {

std::string base64_encode(const std::string& bytes) {
  std::vector<unsigned char> text(4 * (bytes.size() / 3 + 1) + 1);
  const int size =
      EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

std::optional<std::string> base64_decode(const std::string& text) {
  std::string packed = text;
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  if (packed.empty()) return "";
  std::vector<unsigned char> bytes(packed.size() / 4 * 3 + 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(packed.data()),
                      static_cast<int>(packed.size()));
  if (size < 0) return std::nullopt;
  // It counts the padding as bytes.
  const auto padding = packed.ends_with("==") ? 2 : packed.ends_with('=') ? 1 : 0;
  return std::string(bytes.begin(), bytes.begin() + size - padding);
}

}  // namespace ebbgate
