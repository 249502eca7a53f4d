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

TEST_CASE("A secret is masked in encodings with line breaks and separators") {
  const SecretSearch search({"S3cr3t-sword"});
  for (const char* told :
       {"UzNjcjN0\nLXN3b3Jk", "UzNjcjN0\r\n  LXN3b3Jk", "UzNjcjN0\\nLXN3b3Jk",
        "UzNjcjN0%0ALXN3b3Jk", "533363723374\n2d73776f7264", "53 33 63 72 33 74 2d 73 77 6f 72 64",
        "53:33:63:72:33:74:2D:73:77:6F:72:64", "5333 6372 3374 2d73 776f 7264",
        "53 33 63 72\n0000004 33 74 2d 73\n0000010 77 6f 72 64",
        "5333 6372\n00000004: 3374 2d73\n00000008: 776f 7264",
        "\\x53\\x33\\x63\\x72\\x33\\x74\\x2d\\x73\\x77\\x6f\\x72\\x64",
        "&#x53;&#x33;&#x63;&#x72;&#x33;&#x74;&#x2d;&#x73;&#x77;&#x6f;&#x72;&#x64;",
        "\\123\\063\\143\\162\\063\\164\\055\\163\\167\\157\\162\\144"}) {
    CAPTURE(told);
    CHECK(search.masked("=" + std::string(told) + ";") == "=********;");
  }
  CHECK(search.masked("0x53,0x33, 0x63,0x72,0x33,0x74,0x2d,\n0x73,0x77,0x6f,0x72,0x64") ==
        "0x********");
}

TEST_CASE("A secret is masked in a dump with text beside the digits, with the text") {
  const SecretSearch search({"Secret-0123456789-abc"});
  CHECK(search.masked("00000000: 7573 6572 3a53 6563 7265 742d 3031 3233  user:Secret-0123\n"
                      "00000010: 3435 3637 3839 2d61 6263 0a              456789-abc.\nend") ==
        "00000000: 7573 6572 3a********\nend");
  CHECK(search.masked("00000000  75 73 65 72 3a 53 65 63  72 65 74 2d 30 31 32 33  "
                      "|user:Secret-0123|\n"
                      "00000010  34 35 36 37 38 39 2d 61  62 63 0a                 "
                      "|456789-abc.|\n0000001b") == "00000000  75 73 65 72 3a ********\n0000001b");
}

TEST_CASE("A secret that is not ASCII is masked however its characters are written") {
  const SecretSearch search({"größe😀Ã"});
  for (const char* told :
       {"größe😀Ã", "gr\\u00f6\\u00dfe\\ud83d\\ude00\\u00c3", "gr\\xf6\\xdfe\\U0001f600\\xc3",
        "gr\\303\\266\\303\\237e\\360\\237\\230\\200\\303\\203",
        "gr\\xc3\\xb6\\xc3\\x9fe\\xf0\\x9f\\x98\\x80\\xc3\\x83", "gr&#246;&#xDF;e&#128512;&#195;",
        "gr%C3%B6%c3%9fe%F0%9F%98%80%C3%83", "gr\\u{f6}\\u{df}e\\u{1f600}\\u{c3}"}) {
    CAPTURE(told);
    CHECK(search.masked("=" + std::string(told) + ";") == "=********;");
  }
}

TEST_CASE("A secret with quotes or rows of backslashes is masked as a shell and JSON write it") {
  const SecretSearch search({"it's \\\\host\\share"});
  for (const char* told : {"it's \\\\host\\share", "it'\\''s \\\\host\\share",
                           "it'\"'\"'s \\\\host\\share", "it\\'s\\ \\\\\\\\host\\\\share"}) {
    CAPTURE(told);
    CHECK(search.masked("=" + std::string(told) + ";") == "=********;");
  }
}

TEST_CASE("Secrets that overlap are masked both") {
  CHECK(SecretSearch({"abcabd"}).masked("abcabcabd") == "abc********");
  CHECK(SecretSearch({"abcab", "babcd"}).masked("-abcabcd-") == "-********cd-");
  CHECK(SecretSearch({"abcab", "abcd"}).masked("-abcabcd-") == "-********-");
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
