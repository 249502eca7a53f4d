#include "base/digest.h"

#include <doctest/doctest.h>

using ebbgate::Digest;
using ebbgate::Sha256;

TEST_CASE("a digest is SHA-256") {
  CHECK(ebbgate::sha256("abc").hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("fields keep their borders") {
  CHECK(Sha256().add_field("ab").add_field("c").finish() !=
        Sha256().add_field("a").add_field("bc").finish());
}

TEST_CASE("a digest reads back from its hexadecimal text") {
  const Digest digest = ebbgate::sha256("x");
  CHECK(Digest::from_hex(digest.hex()) == digest);
  CHECK_FALSE(Digest::from_hex("zz").has_value());
  CHECK_FALSE(Digest::from_hex(digest.hex() + "0").has_value());
}
