#include "controller/references.h"

#include <doctest/doctest.h>

namespace ebbgate {
namespace {

using List = std::vector<Reference>;

Reference reference(const std::string& name, const std::string& content) {
  return {name, sha256(content)};
}

TEST_CASE("The fingerprint depends on names and contents") {
  const Digest fingerprint = fingerprint_of({reference("a", "1"), reference("b", "2")});
  CHECK(fingerprint == fingerprint_of({reference("a", "1"), reference("b", "2")}));
  CHECK(fingerprint != fingerprint_of({reference("a", "1"), reference("b", "3")}));
  CHECK(fingerprint != fingerprint_of({reference("a", "1"), reference("c", "2")}));
  CHECK(fingerprint != fingerprint_of({reference("a", "1")}));
  CHECK(fingerprint != fingerprint_of({}));
}

TEST_CASE("What does not exist has a digest that no content has") {
  CHECK(is_absent(absent_path_digest()));
  CHECK(is_absent(absent_object_digest()));
  CHECK_FALSE(is_absent(sha256("absent")));
  CHECK_FALSE(is_absent(Digest()));
  // Stored by earlier versions: another one would be taken for a change.
  CHECK(absent_path_digest() == Sha256().add_field("absent").finish());
}

TEST_CASE("Rebased references keep what is in both sets, adopt the new, and drop the old") {
  const List applied{reference("a", "1"), reference("b", "1"), reference("d", "1")};
  const List current{reference("b", "2"), reference("c", "2"), reference("d", "1")};
  CHECK(rebase(applied, current) ==
        List{reference("b", "1"), reference("c", "2"), reference("d", "1")});
}

TEST_CASE("Rebased onto its own set nothing changes") {
  const List applied{reference("a", "1"), reference("b", "1")};
  CHECK(rebase(applied, {reference("a", "2"), reference("b", "2")}) == applied);
  CHECK(rebase(applied, {}).empty());
  CHECK(rebase({}, applied) == applied);
}

}  // namespace
}  // namespace ebbgate
