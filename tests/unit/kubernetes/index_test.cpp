#include <malloc.h>

#include <memory>

#include <doctest/doctest.h>

#include "tests/unit/kubernetes/index_support.h"

namespace ebbgate::kubernetes {
namespace {

const WorkloadKey kWeb = deployment("web");
const WorkloadKey kApi = deployment("api");

TEST_CASE("A workload without references has none, and waits for nothing") {
  const ConfigIndex index;
  const Resolution resolution = index.resolve(kWeb);
  REQUIRE(resolution.references != nullptr);
  CHECK(resolution.references->empty());
  CHECK(resolution.missing.empty());
}

TEST_CASE("References are unknown, not missing, until a list has ended") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  CHECK(it.index.resolve(kWeb).references == nullptr);
  CHECK(it.index.resolve(kWeb).missing.empty());
  it.index.list_begins(ConfigKind::config_map, "");
  CHECK(it.index.resolve(kWeb).references == nullptr);
  CHECK(it.index.list_ended(ConfigKind::config_map, "", 5) == Keys{kWeb});
  CHECK(it.index.resolve(kWeb).references != nullptr);
  CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app does not exist");
  CHECK_FALSE(it.index.resolve(kWeb).forbidden);
}

TEST_CASE("Whole objects and single keys are named and told apart") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", false},
                                 {config_map("app"), "a", false},
                                 {config_map("app-b"), "", false},
                                 {secret("db"), "user", false}});
  it.index.list_begins(ConfigKind::config_map, "");
  it.found(config_map("app"), 2, {{"a", "1"}, {"b", "2"}});
  it.found(config_map("app-b"), 3, {});
  it.index.list_ended(ConfigKind::config_map, "", 5);
  it.index.list_begins(ConfigKind::secret, "");
  it.found(secret("db"), 4, {{"user", "u"}});
  it.index.list_ended(ConfigKind::secret, "", 5);
  CHECK(it.names(kWeb) == Names{"ConfigMap/default/app", "ConfigMap/default/app-b",
                                "ConfigMap/default/app:a", "Secret/default/db:user"});
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == sha256("1"));
  CHECK(it.digest(kWeb, "ConfigMap/default/app") ==
        parsed(config_map("app"), 2, {{"a", "1"}, {"b", "2"}}, {true, {}}).whole);
  const std::vector<std::pair<ConfigName, std::uint64_t>> versions = {
      {config_map("app"), 2}, {config_map("app-b"), 3}, {secret("db"), 4}};
  CHECK(it.index.versions(kWeb) == versions);
}

TEST_CASE("An unreferenced key, an identical rewrite and an unreferenced object change nothing") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "a", false}});
  it.list_nothing();
  CHECK(it.found(config_map("app"), 2, {{"a", "1"}}) == Keys{kWeb});
  CHECK(it.found(config_map("app"), 3, {{"a", "1"}, {"b", "2"}}).empty());
  CHECK(it.found(config_map("other"), 4, {{"a", "1"}}).empty());
  CHECK(it.index.versions(kWeb).front().second == 3);
  CHECK(it.found(config_map("app"), 5, {{"a", "2"}, {"b", "2"}}) == Keys{kWeb});
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == sha256("2"));
}

TEST_CASE("What is older than what is known is dropped, as numbers compare") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "a", false}});
  it.list_nothing();
  it.found(config_map("app"), 100, {{"a", "new"}});
  CHECK(it.found(config_map("app"), 99, {{"a", "old"}}).empty());
  CHECK(it.found(config_map("app"), 100, {{"a", "odd"}}).empty());
  CHECK(it.index.absent(config_map("app"), 99).empty());
  CHECK(it.index.absent(config_map("app"), 100).empty());
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == sha256("new"));
  CHECK(it.index.absent(config_map("app"), 101) == Keys{kWeb});
  CHECK(it.found(config_map("app"), 101, {{"a", "late"}}).empty());
  CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app does not exist");
  CHECK(it.found(config_map("app"), 102, {{"a", "again"}}) == Keys{kWeb});
}

TEST_CASE("All that is missing is told, sorted, each object once") {
  Indexed it;
  it.index.set_references(kWeb, {{secret("db"), "user", false},
                                 {secret("db"), "password", false},
                                 {config_map("gone"), "x", false},
                                 {config_map("gone"), "y", false},
                                 {config_map("gone"), "z", true}});
  it.list_nothing();
  it.found(secret("db"), 2, {});
  CHECK(it.index.resolve(kWeb).missing ==
        "ConfigMap default/gone does not exist; Secret default/db has no key password; "
        "Secret default/db has no key user");
  it.found(secret("db"), 3, {{"user", "u"}});
  CHECK(it.index.resolve(kWeb).missing ==
        "ConfigMap default/gone does not exist; Secret default/db has no key password");
}

TEST_CASE(
    "A missing optional object or key has a digest of its own, so that creation is a change") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", true}, {config_map("app"), "a", true}});
  it.list_nothing();
  CHECK(it.index.resolve(kWeb).missing.empty());
  CHECK(it.digest(kWeb, "ConfigMap/default/app") == absent_object_digest());
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == absent_object_digest());
  CHECK(it.found(config_map("app"), 2, {}) == Keys{kWeb});
  CHECK(it.digest(kWeb, "ConfigMap/default/app") != absent_object_digest());
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == absent_object_digest());
  it.found(config_map("app"), 3, {{"a", ""}});
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == sha256(""));
}

TEST_CASE("One thing referenced both optionally and not is required") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "a", true}, {config_map("app"), "a", false}});
  it.list_nothing();
  CHECK(it.names(kWeb) == Names{"ConfigMap/default/app:a"});
  CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app does not exist");
}

TEST_CASE("Ignored objects are in nobody's references, and miss nothing") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "gone", false}, {secret("db"), "", false}});
  it.list_nothing();
  it.found(secret("db"), 2, {});
  ConfigObject object = parsed(config_map("app"), 3, {}, it.index.interest(config_map("app")));
  object.ignored = true;
  CHECK(it.index.found(object) == Keys{kWeb});
  CHECK(it.names(kWeb) == Names{"Secret/default/db"});
  CHECK(it.index.resolve(kWeb).missing.empty());
  object.resource_version = 4;
  object.ignored = false;
  CHECK(it.index.found(object) == Keys{kWeb});
  CHECK(it.names(kWeb) == Names{"ConfigMap/default/app:gone", "Secret/default/db"});
  CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app has no key gone");
}

TEST_CASE("What may not be read keeps its last digest, and its users wait") {
  Indexed it;
  it.index.set_references(kWeb, {{secret("db"), "", false}, {secret("tls"), "", true}});
  it.index.set_references(kApi, {{config_map("app"), "", false}});
  it.list_nothing();
  it.found(secret("db"), 2, {{"user", "u"}});
  const auto digest = it.digest(kWeb, "Secret/default/db");
  CHECK(it.index.list_forbidden(ConfigKind::secret, "", "grant list") == Keys{kWeb});
  CHECK(it.index.list_forbidden(ConfigKind::secret, "", "grant list").empty());
  CHECK(it.digest(kWeb, "Secret/default/db") == digest);
  CHECK(it.index.resolve(kWeb).missing ==
        "Secret default/db, Secret default/tls may not be read: grant list");
  CHECK(it.index.resolve(kWeb).forbidden);
  CHECK_FALSE(it.index.resolve(kApi).forbidden);
  // One that was never read.
  it.index.set_references(kApi, {{secret("new"), "", true}});
  CHECK(it.index.resolve(kApi).references == nullptr);
  CHECK(it.index.resolve(kApi).missing == "Secret default/new may not be read: grant list");
  CHECK(it.index.take_to_fetch().empty());

  it.index.list_begins(ConfigKind::secret, "");
  CHECK(it.found(secret("db"), 2, {{"user", "u"}}) == Keys{kWeb});
  CHECK(it.index.list_ended(ConfigKind::secret, "", 9) == Keys{kApi, kWeb});
  CHECK(it.index.resolve(kWeb).missing.empty());
  CHECK(it.digest(kWeb, "Secret/default/db") == digest);
  CHECK(it.index.resolve(kApi).missing.empty());
}

TEST_CASE("A change reaches each workload that references it, once") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", false}, {config_map("app"), "a", false}});
  it.index.set_references(kApi, {{config_map("app"), "b", false}});
  it.list_nothing();
  CHECK(it.found(config_map("app"), 2, {{"a", "1"}}) == Keys{kApi, kWeb});
}

TEST_CASE("What nobody references any more is dropped") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", false}, {config_map("app"), "a", false}});
  it.index.set_references(kApi, {{config_map("app"), "a", false}});
  it.list_nothing();
  it.found(config_map("app"), 2, {{"a", "1"}});
  it.index.set_references(kWeb, {});
  CHECK(it.index.interest(config_map("app")) == Interest{false, {"a"}});
  CHECK(it.names(kApi) == Names{"ConfigMap/default/app:a"});
  CHECK(it.found(config_map("app"), 3, {{"a", "2"}}) == Keys{kApi});
  it.index.set_references(kApi, {{secret("db"), "", false}});
  CHECK(it.index.interest(config_map("app")).empty());
  CHECK(it.found(config_map("app"), 4, {{"a", "3"}}).empty());
  it.index.set_references(kApi, {});
  CHECK(it.index.take_to_fetch().empty());
}

// The sanitizers' malloc counts nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("A thousand workloads with three references each stay below a megabyte and a half") {
  auto index = std::make_unique<ConfigIndex>();
  malloc_trim(0);
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "payments-service-" + std::to_string(i);
    const std::string space = "team-" + std::to_string(i % 50);
    index->set_references({space, "Deployment", name},
                          {{config_map(name + "-configuration", space), "", false},
                           {secret(name + "-credentials", space), "", false},
                           {secret(name + "-certificates", space), "tls.crt", false}});
  }
  for (const ConfigKind kind : {ConfigKind::config_map, ConfigKind::secret}) {
    index->list_begins(kind, "");
    index->list_ended(kind, "", 7);
  }
  const std::size_t after = mallinfo2().uordblks;
  CHECK(after > before);
  CHECK(after - before < 1'500'000);
  CHECK(index->resolve({"team-7", "Deployment", "payments-service-7"}).references->size() == 3);
}

#endif

}  // namespace
}  // namespace ebbgate::kubernetes
