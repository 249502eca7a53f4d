#include "controller/kubernetes/wiped_text.h"

#include <cstddef>
#include <utility>

#include <openssl/crypto.h>

namespace ebbgate::kubernetes {

namespace {

// What simdjson wants to find behind a text.
constexpr std::size_t kPadding = 64;

}  // namespace

WipedText::WipedText(std::string& text) : text_(text) {
  if (text.capacity() >= text.size() + kPadding) return;
  std::string roomy;
  roomy.reserve(text.size() + kPadding);
  roomy = text;
  std::swap(text, roomy);
  OPENSSL_cleanse(roomy.data(), roomy.size());
}

WipedText::~WipedText() {
  OPENSSL_cleanse(text_.data(), text_.size());
}

}  // namespace ebbgate::kubernetes
