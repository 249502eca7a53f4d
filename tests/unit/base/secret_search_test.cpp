#include "base/secret_search.h"

#include <string>

#include <doctest/doctest.h>

namespace ebbgate {

TEST_CASE("A secret is masked however it is escaped") {
  const SecretSearch search({"a/b c\"d+é%"});
  for (const char* told :
       {"a/b c\"d+é%", "a%2fb%20c%22d%2Bé%25", "a%2Fb+c%22d%2b%c3%a9%25", "a%252fb%2520c%2522d+é%",
        "a\\/b c\\\"d+é%", "\\u0061\\u002fb\\u0020c\\u0022d\\u002Bé\\u0025",
        "a\\x2fb c\\\\\\\"d+é%", "a&#47;b&#x20;c&quot;d&#43;é%"}) {
    CAPTURE(told);
    CHECK(search.masked("x=" + std::string(told) + ";") == "x=********;");
  }
  CHECK(search.masked("a/b c") == "a/b c");
  CHECK(search.masked("") == "");
}

TEST_CASE("A secret is masked however it is encoded, and what its base64 holds is one, too") {
  const SecretSearch search({"Basic dXNlcjpoaWRkZW4="});
  CHECK(search.masked("hi user:hidden!") == "hi ********!");
  CHECK(search.masked("the password hidden is wrong") == "the password ******** is wrong");
  CHECK(search.masked("Basic dXNlcjpoaWRkZW4= or dXNlcjpoaWRkZW4") == "Basic ******** or ********");
  const SecretSearch plain({"swordfish"});
  CHECK(plain.masked("c3dvcmRmaXNo").find("c3dv") == std::string::npos);
  // Behind one other byte, and behind two.
  CHECK(plain.masked("eHN3b3JkZmlzaA==").find("N3b3JkZmlza") == std::string::npos);
  CHECK(plain.masked("eHhzd29yZGZpc2g=").find("zd29yZGZpc2") == std::string::npos);
  CHECK(plain.masked("73776f726466697368") == "********");
}

TEST_CASE("A long row of backslashes is searched as fast as other text") {
  // With a search that looks at the rest of the row from each of them, this takes minutes.
  const std::string row(std::size_t{1} << 20U, '\\');
  CHECK(SecretSearch({"a\"b/secret"}).masked(row) == row);
  CHECK(SecretSearch({"a\"b/secret"}).masked(row + "a\\\\\\\"b\\/secret").ends_with("********"));
}

TEST_CASE("Where a secret is too short to be found, nothing is shown") {
  CHECK(SecretSearch({"Bearer ab"}).masked("no such file") == "********");
  CHECK(SecretSearch({"me:x"}).masked("no such file") == "********");
  CHECK(SecretSearch({"ab"}).masked("") == "");
  CHECK(SecretSearch({""}).masked("no such file") == "no such file");
  CHECK(SecretSearch().masked("no such file") == "no such file");
}

TEST_CASE("Of a secret with several lines each is one") {
  const SecretSearch search({"-----BEGIN\nabcdefgh\n"});
  CHECK(search.masked("line: abcdefgh") == "line: ********");
}

}  // namespace ebbgate
