#include <algorithm>
#include <deque>
#include <map>
#include <ostream>
#include <set>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/kubernetes/index_support.h"

namespace ebbgate::kubernetes {
namespace {

struct Version {
  std::uint64_t number = 0;
  bool exists = false;
  bool ignored = false;
  Content content;
};

// An API server as far as its objects go.
struct Server {
  std::uint64_t newest = 1;
  std::map<ConfigName, Version> objects;
  std::vector<std::pair<ConfigName, Version>> log;
  std::set<ConfigKind> closed;

  void write(const ConfigName& name, bool exists, bool ignored, Content content) {
    if (!exists && !objects[name].exists) return;
    objects[name] = {++newest, exists, ignored, std::move(content)};
    log.emplace_back(name, objects[name]);
  }
};

struct Step {
  int what;
  int a;
  int b;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << step.what << " " << step.a << " " << step.b;
}

const std::vector<WorkloadKey> kWorkloads = {deployment("api"), deployment("web")};
const std::vector<std::string> kSpaces = {"a", "b", "c"};

ConfigName object_of(int number) {
  const auto kind = number % 2 == 0 ? ConfigKind::config_map : ConfigKind::secret;
  return {kind, kSpaces[static_cast<std::size_t>(number / 2) % 3], number / 6 % 2 == 0 ? "x" : "y"};
}

// One who lists and watches a kind, in a namespace or in all of them.
struct Reader {
  ConfigKind kind;
  std::string space;
  bool listing = false;
  bool refused = false;
  int began = 0;
  std::uint64_t version = 0;  // of the list; 0: not asked for yet
  std::deque<std::pair<ConfigName, Version>> to_come = {};
  std::size_t place = 0;  // in the log

  bool reads(const ConfigName& name) const {
    return name.kind == kind && (space.empty() || space == name.namespace_name);
  }
};

// The index between a server and workloads, with everything on its way taking its time.
class World {
 public:
  explicit World(bool namespaces) {
    for (const ConfigKind kind : {ConfigKind::config_map, ConfigKind::secret}) {
      if (namespaces) {
        readers_.push_back({kind, "a"});
        readers_.push_back({kind, "b"});
      } else {
        readers_.push_back({kind, ""});
      }
    }
    for (Reader& reader : readers_) begin(reader);
  }

  void take(const Step& step) {
    const auto at = [&](std::size_t size) { return static_cast<std::size_t>(step.a) % size; };
    switch (step.what) {
      case 0:
      case 1:
        server_.write(object_of(step.a), step.b % 4 != 0, step.b % 9 == 1, content(step.b));
        break;
      case 2:
        refer(kWorkloads[at(2)], step.a, step.b);
        break;
      case 3:
      case 4:
      case 5:
        read_on(readers_[at(readers_.size())]);
        break;
      case 6:
        ask();
        break;
      case 7:
        if (!asked_.empty()) answer(at(asked_.size()));
        break;
      case 8:
        if (step.b % 4 == 0) begin(readers_[at(readers_.size())]);
        break;
      default:
        if (step.b % 3 == 0) server_.closed.insert(object_of(step.a).kind);
        if (step.b % 3 == 1) server_.closed.clear();
    }
    RC_ASSERT(told_resolutions_hold());
  }

  // Everything on its way arrives; only where something was refused, a list is needed.
  void rest() {
    server_.closed.clear();
    for (Reader& reader : readers_) {
      const bool refused = reader.refused || refused_.count(reader.kind) > 0;
      if (refused || !reader.space.empty()) begin(reader);
    }
    for (int round = 0; round < 1000; ++round) {
      for (Reader& reader : readers_) read_on(reader);
      ask();
      if (!asked_.empty()) answer(0);
    }
    RC_ASSERT(asked_.empty());
    RC_ASSERT(told_resolutions_hold());
    for (const WorkloadKey& workload : kWorkloads) judge(workload);
  }

 private:
  static Content content(int seed) {
    Content content;
    if (seed % 3 > 0) content.emplace_back("k", std::to_string(seed % 5));
    if (seed % 2 > 0) content.emplace_back("l", std::to_string(seed % 7));
    return content;
  }

  void refer(const WorkloadKey& workload, int a, int b) {
    std::vector<ConfigReference> references;
    for (int i = 0; i < b % 4; ++i) {
      const int mix = a + i * 5;
      references.push_back({object_of(mix),
                            mix % 3 == 0   ? ""
                            : mix % 3 == 1 ? "k"
                                           : "l",
                            b % 5 < 3});
    }
    references_[workload] = references;
    index_.set_references(workload, references);
    told_[workload] = look(workload);
  }

  void begin(Reader& reader) {
    reader.listing = true;
    reader.began = ++lists_;
    reader.refused = false;
    reader.version = 0;
    reader.to_come.clear();
    index_.list_begins(reader.kind, reader.space);
  }

  void read_on(Reader& reader) {
    if (reader.refused) return;
    if (server_.closed.count(reader.kind) > 0) {
      reader.refused = true;
      return tell(index_.list_forbidden(reader.kind, reader.space, "closed"));
    }
    if (!reader.listing) return watch_on(reader);
    if (reader.version == 0) {
      reader.version = server_.newest;
      reader.place = server_.log.size();
      for (const auto& [name, version] : server_.objects) {
        if (version.exists && reader.reads(name)) reader.to_come.emplace_back(name, version);
      }
    } else if (!reader.to_come.empty()) {
      deliver(reader.to_come.front());
      reader.to_come.pop_front();
    } else if (!awaits_older_answer(reader)) {
      reader.listing = false;
      tell(index_.list_ended(reader.kind, reader.space, reader.version));
    }
  }

  // Fetches have deadlines, and lists take longer.
  bool awaits_older_answer(const Reader& reader) const {
    return std::any_of(asked_.begin(), asked_.end(), [&](const Asked& asked) {
      return asked.name.kind == reader.kind && asked.began < reader.began;
    });
  }

  void watch_on(Reader& reader) {
    while (reader.place < server_.log.size()) {
      const auto& event = server_.log[reader.place++];
      if (reader.reads(event.first)) return deliver(event);
    }
  }

  void deliver(const std::pair<ConfigName, Version>& event, bool as_answer = false) {
    const auto& [name, version] = event;
    const Interest interest = index_.interest(name);
    if (interest.empty() && !as_answer) return;
    if (!version.exists) return tell(index_.absent(name, version.number));
    ConfigObject object = parsed(name, version.number, version.content, interest);
    object.ignored = version.ignored;
    tell(as_answer ? index_.fetched(object) : index_.found(object));
  }

  void ask() {
    for (const ConfigName& name : index_.take_to_fetch()) {
      RC_ASSERT(!index_.interest(name).empty());
      const bool refused = server_.closed.count(name.kind) > 0;
      if (refused) refused_.insert(name.kind);
      asked_.push_back({name, server_.objects[name], refused, lists_});
    }
  }

  void answer(std::size_t which) {
    const auto [name, version, refused, began] = asked_[which];
    asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(which));
    if (refused) return tell(index_.forbidden(name, "closed"));
    if (!version.exists) return tell(index_.absent(name, 0));
    deliver({name, version}, true);
  }

  struct Look {
    std::optional<std::vector<Reference>> references;
    std::string missing;
    bool forbidden = false;
    bool operator==(const Look&) const = default;
  };

  Look look(const WorkloadKey& workload) const {
    const Resolution resolution = index_.resolve(workload);
    Look look{std::nullopt, resolution.missing, resolution.forbidden};
    if (resolution.references) look.references = *resolution.references;
    return look;
  }

  void tell(const std::vector<WorkloadKey>& workloads) {
    for (const WorkloadKey& workload : workloads) told_[workload] = look(workload);
  }

  // Nothing became different for a workload without being told.
  bool told_resolutions_hold() const {
    for (const auto& [workload, told] : told_) {
      if (told != look(workload)) return false;
    }
    return true;
  }

  // The index against what the server has, worked out from scratch.
  void judge(const WorkloadKey& workload) {
    std::map<std::string, Digest> expected;
    bool missing = false;
    for (const ConfigReference& reference : references_[workload]) {
      const Version& version = server_.objects[reference.object];
      if (version.exists && version.ignored) continue;
      const ConfigObject object =
          parsed(reference.object, version.number, version.content, {true, {reference.key}});
      std::string name = std::string(name_of(reference.object.kind)) + "/" +
                         reference.object.namespace_name + "/" + reference.object.name;
      Digest digest = absent_object_digest();
      if (reference.key.empty()) {
        if (version.exists) digest = *object.whole;
      } else {
        name += ":" + reference.key;
        if (version.exists && !object.keys.empty()) digest = object.keys.front().second;
      }
      expected[name] = digest;
      missing = missing || (!reference.optional && digest == absent_object_digest());
    }
    const Resolution resolution = index_.resolve(workload);
    RC_ASSERT(static_cast<bool>(resolution.references));
    std::map<std::string, Digest> got;
    for (const Reference& reference : *resolution.references) {
      got[reference.name] = reference.digest;
    }
    RC_ASSERT(got == expected);
    RC_ASSERT(resolution.missing.empty() == !missing);
    RC_ASSERT(!resolution.forbidden);
  }

  struct Asked {
    ConfigName name;
    Version version;
    bool refused;
    int began;
  };

  Server server_;
  ConfigIndex index_;
  std::vector<Reader> readers_;
  std::vector<Asked> asked_;
  std::set<ConfigKind> refused_;
  int lists_ = 0;
  std::map<WorkloadKey, std::vector<ConfigReference>> references_;
  std::map<WorkloadKey, Look> told_;
};

rc::Gen<std::vector<Step>> histories() {
  const auto step = rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 10), rc::gen::inRange(0, 60), rc::gen::inRange(0, 60)),
      [](const auto& numbers) {
        return Step{std::get<0>(numbers), std::get<1>(numbers), std::get<2>(numbers)};
      });
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Step>>(step));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kParameters = "seed=20240229 max_success=500";
#else
constexpr const char* kParameters = "seed=20240229 max_success=4000";
#endif

bool holds_in_all_histories(const char* name, bool namespaces) {
  setenv("RC_PARAMS", kParameters, 0);
  return rc::check(name, [namespaces] {
    World world(namespaces);
    for (const Step& step : *histories()) world.take(step);
    world.rest();
  });
}

TEST_CASE("However lists, watches and fetches cross, the index comes to what the server has") {
  CHECK(holds_in_all_histories("all namespaces", false));
}

TEST_CASE("The same holds with lists of two namespaces and objects outside of them") {
  CHECK(holds_in_all_histories("two namespaces", true));
}

}  // namespace
}  // namespace ebbgate::kubernetes
