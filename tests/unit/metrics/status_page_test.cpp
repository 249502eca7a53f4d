#include "metrics/status_page.h"

#include <array>

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include "base/digest.h"

namespace ebbgate::metrics {

namespace {

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find('>', text.find(begin)) + 1;
  return std::string(text.substr(from, text.find(end, from) - from));
}

std::string hash_source(const std::string& text) {
  const Digest digest = sha256(text);
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.bytes.data(), 32);
  return "'sha256-" + std::string(encoded.begin(), encoded.begin() + length) + "'";
}

}  // namespace

TEST_CASE("the page's policy lets in its own style and script, and nothing else") {
  const std::string& policy = status_page_policy();
  CHECK(policy.find("default-src 'none'") == 0);
  CHECK(policy.find("style-src " + hash_source(between(status_page(), "<style", "</style>"))) !=
        std::string::npos);
  CHECK(policy.find("script-src " + hash_source(between(status_page(), "<script", "</script>"))) !=
        std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("require-trusted-types-for 'script'") != std::string::npos);
}

TEST_CASE("the page needs nothing from elsewhere and never makes markup of names") {
  const std::string_view page = status_page();
  CHECK(page.find("://") == std::string::npos);
  for (const char* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                          "style=", "onclick="}) {
    CAPTURE(way);
    CHECK(page.find(way) == std::string::npos);
  }
  CHECK(page.find("prefers-color-scheme:dark") != std::string::npos);
}

TEST_CASE("the page is put together whole, without what only its sources need") {
  const std::string_view page = status_page();
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find("</html>") != page.npos);
  for (const char* left : {"@STYLE@", "@SCRIPT@", "\nimport ", "\nexport ", "\n//"}) {
    CAPTURE(left);
    CHECK(page.find(left) == page.npos);
  }
  CHECK(page.size() < 64'000);
}

}  // namespace ebbgate::metrics
