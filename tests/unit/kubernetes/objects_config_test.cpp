#include <doctest/doctest.h>

#include "base/digest.h"
#include "controller/kubernetes/parser.h"
#include "tests/unit/kubernetes/objects_support.h"

using namespace ebbgate;
using namespace ebbgate::kubernetes;

namespace {

Digest key_digest(const ConfigObject& config, const std::string& key) {
  for (const auto& [name, digest] : config.keys) {
    if (name == key) return digest;
  }
  FAIL("no digest of " << key);
  return {};
}

Interest only(std::set<std::string> keys) {
  return {false, std::move(keys)};
}

}  // namespace

TEST_CASE("a ConfigMap's name, version and referenced keys are read") {
  const auto config = read_config_map(config_json("web", R"("data":{"b":"2","a":"1","c":"3"})"),
                                      only({"a", "b", "x"}));
  CHECK(config.name == ConfigName{ConfigKind::config_map, "default", "web"});
  CHECK(config.resource_version == 42);
  CHECK_FALSE(config.ignored);
  CHECK_FALSE(config.whole);
  REQUIRE(config.keys.size() == 2);
  CHECK(config.keys[0] == std::pair<std::string, Digest>("a", sha256("1")));
  CHECK(config.keys[1] == std::pair<std::string, Digest>("b", sha256("2")));
}

TEST_CASE("the digest of a whole object keeps no digest of a key that nobody references alone") {
  const auto config =
      read_config_map(config_json("web", R"("data":{"a":"1","b":"2"})"), {true, {"b"}});
  CHECK(config.whole);
  REQUIRE(config.keys.size() == 1);
  CHECK(config.keys[0].first == "b");
}

TEST_CASE("a value's digest is that of its bytes, however JSON escapes them") {
  const auto config = read_config_map(
      config_json("web", R"("data":{"a":"line\n\u003ctag\u003e \"x\" \u00e9\ud83d\ude00"})"),
      only({"a"}));
  CHECK(key_digest(config, "a") == sha256("line\n<tag> \"x\" \xc3\xa9\xf0\x9f\x98\x80"));
}

TEST_CASE("base64 is decoded, whatever padding it has") {
  const auto config = read_secret(
      config_json("web",
                  R"("data":{"none":"","one":"MQ==","two":"MTI=","three":"MTIz","zero":"AAA="})"),
      only({"none", "one", "two", "three", "zero"}));
  CHECK(key_digest(config, "none") == sha256(""));
  CHECK(key_digest(config, "one") == sha256("1"));
  CHECK(key_digest(config, "two") == sha256("12"));
  CHECK(key_digest(config, "three") == sha256("123"));
  CHECK(key_digest(config, "zero") == sha256(std::string_view("\0\0", 2)));
}

TEST_CASE("base64 that is escaped is decoded too") {
  const auto config = read_secret(config_json("web", R"("data":{"a":"Pz8\/"})"), only({"a"}));
  CHECK(key_digest(config, "a") == sha256("???"));
}

TEST_CASE("the same bytes have the same digest in data and in binaryData") {
  const auto text = read_config_map(config_json("web", R"("data":{"a":"123"})"), kWhole);
  const auto binary = read_config_map(config_json("web", R"("binaryData":{"a":"MTIz"})"), kWhole);
  CHECK(text.whole == binary.whole);
}

TEST_CASE("a ConfigMap's data is never decoded, a Secret's binaryData is none") {
  const auto config = read_config_map(config_json("web", R"("data":{"a":"MTIz"})"), only({"a"}));
  CHECK(key_digest(config, "a") == sha256("MTIz"));
  const auto secret = read_secret(config_json("web", R"("binaryData":{"a":"MTIz"})"), only({"a"}));
  CHECK(secret.keys.empty());
}

TEST_CASE("malformed base64 is a content of its own, different from every value") {
  const char* const malformed[] = {
      "MTI", "MT=I", "=MTI", "M===", "====", "MTIz\\n", " MTI", "MTI-", "MT*z"};
  for (const char* const text : malformed) {
    CAPTURE(text);
    const auto json = [](const std::string& value) {
      return config_json("web", R"("data":{"a":")" + value + R"("})");
    };
    const Digest digest = key_digest(read_secret(json(text), only({"a"})), "a");
    CHECK(digest != sha256(text));
    CHECK(digest != sha256("123"));
    CHECK(digest != sha256("12"));
    CHECK(digest != key_digest(read_secret(json("?"), only({"a"})), "a"));
    CHECK(digest == key_digest(read_secret(json(text), only({"a"})), "a"));
  }
}

TEST_CASE("the whole digest does not tell order, but keys and values") {
  const auto whole = [](const std::string& data) {
    return *read_config_map(config_json("web", "\"data\":" + data), kWhole).whole;
  };
  const Digest digest = whole(R"({"a":"1","b":"2"})");
  CHECK(digest == whole(R"({"b":"2","a":"1"})"));
  CHECK(digest != whole(R"({"a":"1"})"));
  CHECK(digest != whole(R"({"a":"2","b":"1"})"));
  CHECK(digest != whole(R"({"a":"1","b":"2","c":""})"));
  CHECK(digest != whole(R"({"a":"1b","":"2"})"));
}

TEST_CASE("metadata, type and immutability are no content") {
  const auto plain = read_config_map(config_json("web", R"("data":{"a":"1"})"), kWhole);
  const auto other = read_config_map(
      config_json("web",
                  R"("immutable":true,"type":"Opaque","data":{"a":"1"},"extra":[1,{"data":{}}])",
                  R"({"note":"x"})"),
      kWhole);
  CHECK(plain.whole == other.whole);
}

TEST_CASE("an object without data, and one with null, are empty") {
  const Digest empty = *read_config_map(config_json("web", ""), kWhole).whole;
  CHECK(empty ==
        *read_config_map(config_json("web", R"("data":null,"binaryData":null)"), kWhole).whole);
  CHECK(empty == *read_config_map(config_json("web", R"("data":{})"), kWhole).whole);
  CHECK(empty != *read_config_map(config_json("web", R"("data":{"a":null})"), kWhole).whole);
  CHECK(*read_config_map(config_json("web", R"("data":{"a":""})"), kWhole).whole ==
        *read_config_map(config_json("web", R"("data":{"a":null})"), kWhole).whole);
}

TEST_CASE("only ignore: true is ignored") {
  const auto ignored = [](const std::string& annotations) {
    return read_config_map(config_json("web", R"("data":{"a":"1"})", annotations), kWhole).ignored;
  };
  CHECK(ignored(R"({"ebbgate.io/ignore":"true"})"));
  CHECK(ignored(R"({"a":"b","ebbgate.io\/ignore":"true"})"));
  CHECK_FALSE(ignored(R"({"ebbgate.io/ignore":"false"})"));
  CHECK_FALSE(ignored(R"({"ebbgate.io/ignored":"true"})"));
  CHECK_FALSE(ignored("null"));
}

TEST_CASE("members may come in any order") {
  const auto plain = read_config_map(config_json("web", R"("data":{"a":"1"})"), kWhole);
  const auto turned = read_config_map(
      R"({"data":{"a":"1"},"kind":"ConfigMap","metadata":)" + metadata_json("web") + "}", kWhole);
  CHECK(turned.name == plain.name);
  CHECK(turned.whole == plain.whole);
}

TEST_CASE("an object without name, namespace or version is none") {
  const char* const broken[] = {
      R"({"metadata":{"name":"a","namespace":"b"}})",
      R"({"metadata":{"name":"a","resourceVersion":"1"}})",
      R"({"metadata":{"namespace":"b","resourceVersion":"1"}})",
      R"({"metadata":null})",
      R"({})",
      "[]",
      "",
      "null",
      R"({"metadata":{"name":"a","namespace":"b","resourceVersion":"x"}})",
      R"({"metadata":{"name":"a","namespace":"b","resourceVersion":"1"},"data":7})",
      R"({"kind":"Status","metadata":{},"status":"Failure","message":"configmaps \"a\" not found","code":404})"};
  for (const char* const text : broken) {
    CAPTURE(text);
    std::string json = text;
    CHECK_FALSE(Parser().config(json, ConfigKind::config_map, kWhole));
  }
}

TEST_CASE("an interest covers what it has digests for") {
  CHECK(Interest{true, {"a"}}.covers({false, {"a"}}));
  CHECK(Interest{true, {"a"}}.covers({true, {}}));
  CHECK(Interest{false, {"a", "b"}}.covers({false, {"b"}}));
  CHECK_FALSE(Interest{true, {}}.covers({false, {"a"}}));
  CHECK_FALSE(Interest{false, {"a"}}.covers({true, {}}));
  CHECK(Interest{}.covers({}));
}

TEST_CASE("config objects are named for people") {
  CHECK(ConfigName{ConfigKind::secret, "default", "web"}.text() == "Secret default/web");
  CHECK(name_of(ConfigKind::config_map) == "ConfigMap");
  const std::hash<ConfigName> hash;
  const ConfigName name{ConfigKind::secret, "a", "b"};
  CHECK(hash(name) == hash(ConfigName(name)));
  CHECK(hash(name) != hash({ConfigKind::config_map, "a", "b"}));
}
