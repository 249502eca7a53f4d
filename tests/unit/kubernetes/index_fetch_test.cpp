#include <doctest/doctest.h>

#include "tests/unit/kubernetes/index_support.h"

namespace ebbgate::kubernetes {
namespace {

const WorkloadKey kWeb = deployment("web");
const WorkloadKey kApi = deployment("api");
using Objects = std::vector<ConfigName>;

TEST_CASE("What a list will bring is not fetched") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  CHECK(it.index.take_to_fetch().empty());
  it.index.list_begins(ConfigKind::config_map, "");
  CHECK(it.index.take_to_fetch().empty());
  it.found(config_map("app"), 2, {});
  it.index.list_ended(ConfigKind::config_map, "", 3);
  CHECK(it.index.take_to_fetch().empty());
}

TEST_CASE("An object that is referenced for the first time after its list is fetched, once") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  CHECK(it.index.resolve(kWeb).references == nullptr);
  CHECK(it.index.resolve(kWeb).missing.empty());
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
  CHECK(it.index.take_to_fetch().empty());
  it.index.set_references(kApi, {{config_map("app"), "", false}});
  CHECK(it.index.take_to_fetch().empty());
  SUBCASE("and found") {
    CHECK(it.fetched(config_map("app"), 2, {}) == Keys{kApi, kWeb});
    CHECK(it.index.resolve(kWeb).missing.empty());
  }
  SUBCASE("and absent") {
    CHECK(it.index.absent(config_map("app"), 0) == Keys{kApi, kWeb});
    CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app does not exist");
  }
  SUBCASE("and forbidden") {
    CHECK(it.index.forbidden(config_map("app"), "grant get") == Keys{kApi, kWeb});
    CHECK(it.index.resolve(kWeb).missing == "ConfigMap default/app may not be read: grant get");
    CHECK(it.index.resolve(kWeb).references == nullptr);
  }
  CHECK(it.index.take_to_fetch().empty());
}

TEST_CASE("An object that comes by a watch before it was fetched is not fetched") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  it.found(config_map("app"), 2, {});
  CHECK(it.index.take_to_fetch().empty());
}

TEST_CASE("A further key is fetched, and read from the same version") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "a", false}});
  it.index.absent(it.index.take_to_fetch().front(), 0);
  it.found(config_map("app"), 2, {{"a", "1"}, {"b", "2"}});
  it.index.set_references(kApi, {{config_map("app"), "b", false}});
  CHECK(it.names(kWeb) == Names{"ConfigMap/default/app:a"});
  CHECK(it.index.resolve(kApi).references == nullptr);
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
  CHECK(it.fetched(config_map("app"), 2, {{"a", "1"}, {"b", "2"}}) == Keys{kApi, kWeb});
  CHECK(it.digest(kApi, "ConfigMap/default/app:b") == sha256("2"));
}

TEST_CASE("An object read for less than is referenced by now is taken and fetched again") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "a", false}});
  const Interest less = it.index.interest(config_map("app"));
  it.index.set_references(kApi, {{config_map("app"), "", false}});
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
  it.index.fetched(parsed(config_map("app"), 2, {{"a", "1"}}, less));
  CHECK(it.digest(kWeb, "ConfigMap/default/app:a") == sha256("1"));
  CHECK(it.index.resolve(kApi).references == nullptr);
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
}

TEST_CASE("A key of an absent object is known to be absent") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", true}});
  it.list_nothing();
  it.index.set_references(kApi, {{config_map("app"), "a", true}});
  CHECK(it.digest(kApi, "ConfigMap/default/app:a") == absent_object_digest());
  CHECK(it.index.take_to_fetch().empty());
}

TEST_CASE("An object that a list did not bring any more does not exist") {
  Indexed it;
  it.index.set_references(kWeb, {{config_map("app"), "", true}});
  it.list_nothing();
  it.found(config_map("app"), 2, {});
  it.index.list_begins(ConfigKind::config_map, "");
  SUBCASE("unless what is known is newer than the list") {
    CHECK(it.index.list_ended(ConfigKind::config_map, "", 1).empty());
    CHECK(it.index.versions(kWeb).front().second == 2);
  }
  SUBCASE("as of the list's version") {
    CHECK(it.index.list_ended(ConfigKind::config_map, "", 8) == Keys{kWeb});
    CHECK(it.index.versions(kWeb).front().second == 0);
    CHECK(it.found(config_map("app"), 8, {}).empty());
    CHECK(it.found(config_map("app"), 9, {}) == Keys{kWeb});
  }
  SUBCASE("unless it did") {
    it.found(config_map("app"), 2, {});
    CHECK(it.index.list_ended(ConfigKind::config_map, "", 8).empty());
  }
  SUBCASE("also where a list broke off before that had brought it") {
    it.found(config_map("app"), 2, {});
    it.index.list_begins(ConfigKind::config_map, "");
    CHECK(it.index.list_ended(ConfigKind::config_map, "", 8) == Keys{kWeb});
  }
}

TEST_CASE("A list does not tell of what was referenced only when it had begun") {
  Indexed it;
  it.index.list_begins(ConfigKind::config_map, "");
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  CHECK(it.index.take_to_fetch().empty());
  CHECK(it.index.list_ended(ConfigKind::config_map, "", 8).empty());
  CHECK(it.index.resolve(kWeb).references == nullptr);
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
}

TEST_CASE("Where a fetch crossed a list that did not bring the object it is fetched once more") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", true}});
  CHECK(it.index.take_to_fetch().size() == 1);
  it.index.list_begins(ConfigKind::config_map, "");
  it.fetched(config_map("app"), 2, {});
  // It may have been deleted between the fetch and the list.
  CHECK(it.index.list_ended(ConfigKind::config_map, "", 8).empty());
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
  CHECK(it.index.absent(config_map("app"), 0) == Keys{kWeb});
  CHECK(it.index.take_to_fetch().empty());
}

TEST_CASE("An absence that a fetch saw before the object was found is looked at once more") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", true}});
  CHECK(it.index.take_to_fetch().size() == 1);
  it.found(config_map("app"), 2, {});
  CHECK(it.index.absent(config_map("app"), 0).empty());
  CHECK(it.index.versions(kWeb).front().second == 2);
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
  CHECK(it.index.absent(config_map("app"), 0) == Keys{kWeb});
  CHECK(it.index.versions(kWeb).front().second == 0);
}

TEST_CASE("The answer for an object that nobody referenced meanwhile is too old") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "a", true}});
  CHECK(it.index.take_to_fetch().size() == 1);
  it.index.set_references(kWeb, {});
  it.index.set_references(kWeb, {{config_map("app"), "a", true}});
  CHECK(it.index.take_to_fetch().empty());
  CHECK(it.fetched(config_map("app"), 2, {}).empty());
  CHECK(it.index.resolve(kWeb).references == nullptr);
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
}

TEST_CASE("A fetch for what was referenced during a list counts for nothing when the list ends") {
  Indexed it;
  it.list_nothing();
  it.index.list_begins(ConfigKind::config_map, "");
  it.index.set_references(kWeb, {{config_map("app"), "", true}});
  CHECK(it.index.take_to_fetch().size() == 1);
  it.index.list_ended(ConfigKind::config_map, "", 8);
  // It may have been deleted before the list was read, of which no watch will tell.
  CHECK(it.fetched(config_map("app"), 2, {}).empty());
  CHECK(it.index.take_to_fetch() == Objects{config_map("app")});
}

TEST_CASE("With namespaces an object outside all of them is fetched, and again with each list") {
  Indexed it;
  it.index.set_references(kWeb,
                          {{secret("db", "a"), "", true}, {secret("ca", "shared"), "", true}});
  it.index.list_begins(ConfigKind::secret, "a");
  it.index.list_begins(ConfigKind::secret, "b");
  it.index.list_ended(ConfigKind::secret, "a", 3);
  CHECK(it.index.take_to_fetch().empty());
  it.index.list_ended(ConfigKind::secret, "b", 3);
  CHECK(it.index.take_to_fetch() == Objects{secret("ca", "shared")});
  it.index.forbidden(secret("ca", "shared"), "grant get");
  CHECK(it.index.take_to_fetch().empty());
  it.index.list_begins(ConfigKind::secret, "b");
  it.index.list_ended(ConfigKind::secret, "b", 9);
  CHECK(it.index.take_to_fetch().empty());
  it.index.list_begins(ConfigKind::secret, "a");
  CHECK(it.index.list_ended(ConfigKind::secret, "a", 9).empty());
  CHECK(it.index.take_to_fetch() == Objects{secret("ca", "shared")});
  CHECK(it.fetched(secret("ca", "shared"), 4, {}) == Keys{kWeb});
  CHECK(it.index.resolve(kWeb).missing.empty());
}

TEST_CASE("What was forbidden is taken once a repeated read brings it") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  REQUIRE(it.index.take_to_fetch() == Objects{config_map("app")});
  CHECK(it.index.begin_fetch(config_map("app")));
  it.index.forbidden(config_map("app"), "grant get");
  CHECK(it.index.begin_fetch(config_map("app")));
  CHECK(it.fetched(config_map("app"), 2, {}) == Keys{kWeb});
  CHECK(it.index.resolve(kWeb).references);
  CHECK_FALSE(it.index.begin_fetch(config_map("app")));
}

TEST_CASE("What was forbidden is not read again once nobody references it") {
  Indexed it;
  it.list_nothing();
  it.index.set_references(kWeb, {{config_map("app"), "", false}});
  REQUIRE(it.index.take_to_fetch() == Objects{config_map("app")});
  it.index.forbidden(config_map("app"), "grant get");
  it.index.set_references(kWeb, {});
  CHECK_FALSE(it.index.begin_fetch(config_map("app")));
}

TEST_CASE("A list of one namespace says nothing of the others, nor of the other kind") {
  Indexed it;
  it.index.set_references(kWeb, {{secret("db", "a"), "", true},
                                 {secret("db", "b"), "", true},
                                 {config_map("app", "a"), "", true}});
  for (const char* space : {"a", "b"}) {
    it.index.list_begins(ConfigKind::secret, space);
    it.found(secret("db", space), 2, {});
    it.index.list_ended(ConfigKind::secret, space, 3);
  }
  it.index.list_begins(ConfigKind::secret, "a");
  it.index.list_ended(ConfigKind::secret, "a", 4);
  const std::vector<std::pair<ConfigName, std::uint64_t>> versions = {
      {config_map("app", "a"), 0}, {secret("db", "a"), 0}, {secret("db", "b"), 2}};
  CHECK(it.index.versions(kWeb) == versions);
  CHECK(it.index.resolve(kWeb).references == nullptr);
  it.index.list_forbidden(ConfigKind::secret, "b", "grant list");
  CHECK(it.index.resolve(kWeb).missing == "Secret b/db may not be read: grant list");
}

}  // namespace
}  // namespace ebbgate::kubernetes
