// Long because each way in which a list or a watch can end is tried in one place.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "controller/kubernetes/reflector.h"
#include "tests/unit/kubernetes/client_support.h"

namespace ebbgate::kubernetes::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// What happened, in order, as both sides of the reflector see it. Any thread.
class Journal final {
 public:
  void add(const std::string& line) {
    MutexLock lock(mutex_);
    lines_.push_back(line);
    changed_.notify_all();
  }
  // False when it does not come within a generous time.
  bool wait_for(const std::string& line, int times = 1) {
    const BootTime deadline = BootClock::now() + seconds(60);
    MutexLock lock(mutex_);
    while (std::count(lines_.begin(), lines_.end(), line) < times) {
      if (BootClock::now() >= deadline) return false;
      changed_.wait_for(mutex_, milliseconds(100));
    }
    return true;
  }
  std::vector<std::string> lines() {
    MutexLock lock(mutex_);
    return lines_;
  }
  int count(const std::string& begin) {
    MutexLock lock(mutex_);
    return static_cast<int>(
        std::count_if(lines_.begin(), lines_.end(),
                      [&](const std::string& line) { return line.rfind(begin, 0) == 0; }));
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<std::string> lines_ EBBGATE_GUARDED_BY(mutex_);
};

// One request as the test's server sees it.
struct Call {
  const Request& request;
  Duration silence;
  const Connection::Receive& receive;
  net::Waiter& waiter;

  Response answer(const std::string& body) const {
    receive(body);
    return status(200);
  }
  Response status(int code) const {
    Response response;
    response.result = Response::Result::answered;
    response.status = code;
    if (!response.ok()) response.error = "status " + std::to_string(code);
    return response;
  }
  Response broken() const {
    Response response;
    response.result = Response::Result::broken;
    response.error = "broke off";
    return response;
  }
  // Until stop(), or for as long as the silence that is asked for.
  Response nothing() const {
    waiter.wait(-1, 0, BootClock::now() + silence);
    return broken();
  }
};

using Serve = std::function<Response(const Call&, int number)>;

class FakeConnection final : public Connection {
 public:
  FakeConnection(Journal& journal, const Serve& serve, int& number)
      : journal_(journal), serve_(serve), number_(number) {}
  Response send(const Request&) override { return {}; }
  Response stream(const Request& request, Duration silence, const Receive& receive) override {
    if (waiter_.interrupted()) return {};
    journal_.add(request.verb + " " + request.path.substr(request.path.find('?') + 1));
    return serve_({request, silence, receive, waiter_}, ++number_);
  }
  void interrupt() override { waiter_.interrupt(); }

 private:
  Journal& journal_;
  const Serve& serve_;
  int& number_;
  net::Waiter waiter_;
};

// Pages are "VERSION CONTINUE", events "TYPE VERSION": what they mean is not the reflector's.
class World final : public Connector, public ReflectorSink, public ReflectorObserver {
 public:
  explicit World(Serve serve) : serve_(std::move(serve)) {
    options.resource = "pods";
    options.path = "/pods";
    options.retry_first = options.retry_longest = milliseconds(2);
    options.retry_forbidden = milliseconds(2);
  }

  std::unique_ptr<Connection> connect() override {
    return std::make_unique<FakeConnection>(journal, serve_, number_);
  }
  void list_begins() override { journal.add("list begins"); }
  std::optional<PageEnd> page(std::string& json) override {
    journal.add("page " + json);
    const std::size_t space = json.find(' ');
    if (space == std::string::npos) return std::nullopt;
    return PageEnd{json.substr(0, space), json.substr(space + 1), 7};
  }
  void list_ended(const std::string& version) override { journal.add("list ended at " + version); }
  std::optional<EventEnd> event(std::string& json) override {
    journal.add("event " + json);
    const std::size_t space = json.find(' ');
    const std::string type = json.substr(0, space);
    const std::string rest = json.substr(space + 1);
    if (type == "ERROR") return EventEnd{EventEnd::Type::error, "", std::stoi(rest), "said"};
    if (type == "BOOKMARK") return EventEnd{EventEnd::Type::bookmark, rest, 0, ""};
    if (type == "ADDED") return EventEnd{EventEnd::Type::object, rest, 0, ""};
    return std::nullopt;
  }
  void forbidden(const std::string& why) override { journal.add("forbidden: " + why); }

  void heard(const std::string&) override {}
  void restarted(const std::string&, const std::string& reason) override {
    journal.add("restarted: " + reason);
  }
  void info(const std::string& line) override { journal.add("info " + line); }
  void warn(const std::string& line) override { journal.add("warn " + line); }

  std::unique_ptr<Reflector> reflect() {
    auto reflector = std::make_unique<Reflector>(options, *this, *this, *this, [] { return 0.0; });
    reflector->start();
    return reflector;
  }

  ReflectorOptions options;
  Journal journal;

 private:
  const Serve serve_;
  int number_ = 0;
};

const std::string kWatchFrom = "watch watch=1&allowWatchBookmarks=true&resourceVersion=";

TEST_CASE("A list comes in pages, and a watch begins at its version") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("40 more");
    if (number == 2) return call.answer("41 last+");
    if (number == 3) return call.answer("42 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for(kWatchFrom + "42&timeoutSeconds=300"));
  reflector->stop();
  CHECK(world.journal.lines() ==
        std::vector<std::string>{"list limit=500", "list begins", "page 40 more",
                                 "list limit=500&continue=more", "page 41 last+",
                                 "list limit=500&continue=last%2B", "page 42 ", "list ended at 42",
                                 kWatchFrom + "42&timeoutSeconds=300"});
}

TEST_CASE("A watch goes on from the last event or bookmark when the server ends it") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("10 ");
    if (number == 2) return call.answer("ADDED 11\nADDED 12\n");
    if (number == 3) return call.answer("BOOKMARK 20\n");
    if (number == 4) return call.answer("");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for(kWatchFrom + "20&timeoutSeconds=300", 2));
  reflector->stop();
  CHECK(world.journal.count("list begins") == 1);
  CHECK(world.journal.count("restarted") == 0);
  CHECK(world.journal.count(kWatchFrom + "12") == 1);
}

TEST_CASE("An expired continue token begins the list anew") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("40 more");
    if (number == 2) return call.status(410);
    if (number == 3) return call.answer("50 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 50"));
  reflector->stop();
  CHECK(world.journal.count("list begins") == 2);
  CHECK(world.journal.count("list limit=500") == 3);
}

TEST_CASE("An expired version begins with a list, whether an event or the status says so") {
  bool by_status = false;
  SUBCASE("the status") {
    by_status = true;
  }
  SUBCASE("an event") {}
  World world([by_status](const Call& call, int number) {
    if (number == 1) return call.answer("10 ");
    if (number == 2) return by_status ? call.status(410) : call.answer("ERROR 410\nADDED 99\n");
    if (number == 3) return call.answer("50 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for(kWatchFrom + "50&timeoutSeconds=300"));
  reflector->stop();
  CHECK(world.journal.count("restarted: expired") == 1);
  CHECK(world.journal.count("warn") == 0);
  CHECK(world.journal.count("event ADDED") == 0);
}

TEST_CASE("A watch that breaks, or whose event is an error of the server, goes on where it was") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("10 ");
    if (number == 2) {
      call.receive("ADDED 11\nADDED 1");
      return call.broken();
    }
    if (number == 3) return call.answer("ERROR 500\n");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for(kWatchFrom + "11&timeoutSeconds=300", 2));
  reflector->stop();
  CHECK(world.journal.count("restarted: broken") == 2);
  CHECK(world.journal.count("list begins") == 1);
  CHECK(world.journal.count("warn pods (/pods): broke off") == 1);
}

TEST_CASE("What is not understood leads to a list") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("nonsense");
    if (number == 2) return call.answer("10 ");
    if (number == 3) return call.answer("WHAT 11\n");
    if (number == 4) return call.answer("20 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 20"));
  reflector->stop();
  CHECK(world.journal.count("list begins") == 3);
}

TEST_CASE("A watch on which nothing comes is replaced and goes on where it was") {
  World world([](const Call& call, int number) {
    return number == 1 ? call.answer("10 ") : call.nothing();
  });
  world.options.silence = milliseconds(20);
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("restarted: silent", 2));
  reflector->stop();
  CHECK(world.journal.count("list begins") == 1);
  CHECK(world.journal.count("restarted: broken") == 0);
}

TEST_CASE("What is forbidden is said once, and listed when it is not forbidden any more") {
  World world([](const Call& call, int number) {
    if (number <= 5) return call.status(403);
    if (number == 6) return call.answer("10 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 10"));
  reflector->stop();
  CHECK(world.journal.count("forbidden: status 403") == 1);
  CHECK(world.journal.count("list begins") == 1);
  CHECK(world.journal.count("warn") == 0);
}

TEST_CASE("What becomes forbidden later is said when it lasts") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("10 ");
    if (number <= 7) return call.status(403);
    if (number == 8) return call.answer("20 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 20"));
  reflector->stop();
  CHECK(world.journal.count("forbidden: ") == 1);
  CHECK(world.journal.count("restarted: forbidden") == 5);
}

TEST_CASE("A 403 that passes soon, as of a server that has just started, is said to nobody") {
  World world([](const Call& call, int number) {
    if (number == 1) return call.answer("10 ");
    if (number <= 5) return call.status(403);
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("restarted: forbidden", 4));
  REQUIRE(world.journal.wait_for(kWatchFrom + "10&timeoutSeconds=300", 5));
  reflector->stop();
  CHECK(world.journal.count("forbidden: ") == 0);
  CHECK(world.journal.count("list begins") == 1);
}

TEST_CASE("A failing list is retried and told once") {
  World world([](const Call& call, int number) {
    if (number <= 3) return call.status(number == 1 ? 401 : 500);
    if (number <= 20) return call.broken();
    if (number == 21) return call.answer("10 ");
    return call.nothing();
  });
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 10"));
  REQUIRE(world.journal.wait_for(kWatchFrom + "10&timeoutSeconds=300"));
  reflector->stop();
  CHECK(world.journal.count("warn") == 1);
  CHECK(world.journal.count("info pods (/pods): works again after 20 failures") == 1);
}

TEST_CASE("A full list comes again as often as it should, and watches begin at its version") {
  World world([](const Call& call, int number) {
    if (number % 2 == 1) return call.answer(std::to_string(number) + "0 ");
    // The server does not end the watch when it should, so the next event does.
    while (call.receive("BOOKMARK 5\n") && !call.waiter.interrupted()) {
      call.waiter.wait(-1, 0, BootClock::now() + milliseconds(1));
    }
    return call.status(200);
  });
  world.options.resync = milliseconds(20);
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for(kWatchFrom + "50&timeoutSeconds=1"));
  reflector->stop();
  CHECK(world.journal.count("restarted: resync") >= 2);
  CHECK(world.journal.count(kWatchFrom + "5&") == 0);
}

TEST_CASE("A full list follows also a watch that the server ended when it was due") {
  World world([](const Call& call, int number) {
    if (number % 2 == 1) return call.answer(std::to_string(number) + "0 ");
    call.waiter.wait(-1, 0, BootClock::now() + milliseconds(20));
    return call.status(200);
  });
  world.options.resync = milliseconds(10);
  // Nothing failed, so nothing waits.
  world.options.retry_first = world.options.retry_longest = minutes(10);
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("restarted: resync", 2));
  reflector->stop();
}

TEST_CASE("A long list tells how far it is") {
  World world([](const Call& call, int number) {
    if (number <= 3) return call.answer("40 more");
    if (number == 4) return call.answer("40 ");
    return call.nothing();
  });
  world.options.progress_after = Duration::zero();
  const auto reflector = world.reflect();
  REQUIRE(world.journal.wait_for("list ended at 40"));
  REQUIRE(world.journal.wait_for(kWatchFrom + "40&timeoutSeconds=300"));
  reflector->stop();
  CHECK(world.journal.count("info pods (/pods): 2 pages listed in ") == 1);
  CHECK(world.journal.count("info pods (/pods): listed in ") == 1);
}

TEST_CASE("A reflector ends at once, whatever it does, and can begin again") {
  int failing = 0;
  SUBCASE("in a watch") {}
  SUBCASE("while it waits to try again") {
    failing = 500;
  }
  SUBCASE("while it waits for rights") {
    failing = 403;
  }
  World world([failing](const Call& call, int) {
    if (failing != 0) return call.status(failing);
    return call.request.verb == "list" ? call.answer("10 ") : call.nothing();
  });
  world.options.retry_first = world.options.retry_longest = minutes(10);
  world.options.retry_forbidden = world.options.silence = minutes(10);
  const auto reflector = world.reflect();
  const std::string sign = failing == 0     ? kWatchFrom + "10&timeoutSeconds=300"
                           : failing == 403 ? "forbidden: status 403"
                                            : "warn pods (/pods): status 500";
  REQUIRE(world.journal.wait_for(sign));
  reflector->stop();
  reflector->stop();
  reflector->start();
  REQUIRE(world.journal.wait_for("list limit=500", 2));
}

}  // namespace
}  // namespace ebbgate::kubernetes::testing
