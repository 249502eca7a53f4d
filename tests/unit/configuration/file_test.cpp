#include <doctest/doctest.h>

#include "controller/configuration/document.h"
#include "tests/unit/configuration/loading.h"

using ebbgate::configuration::load;
using ebbgate::configuration::LoadResult;
using ebbgate::testing::errors_of;
using ebbgate::testing::load_text;
using ebbgate::testing::TemporaryFolder;

namespace {

const std::string kNoWorkloads =
    "local.workloads: is empty, so nothing is ever updated; list workloads in the configuration "
    "file";

}  // namespace

TEST_CASE("a file that does not exist is an error, beside those of flags and variables") {
  const TemporaryFolder folder;
  const LoadResult result =
      load({"none.yaml", {{"backoff.max", "x"}}, {{"EBBGATE_SETTLE_MAX", "y"}}, folder.path()});
  CHECK_FALSE(result.settings.has_value());
  CHECK(result.errors ==
        std::vector<std::string>{
            "none.yaml: does not exist; name an existing file with --config",
            "EBBGATE_SETTLE_MAX: \"y\" is no duration; write one such as 500ms, 10s, 1m30s or 1h",
            "--backoff.max: \"x\" is no duration; write one such as 500ms, 10s, 1m30s or 1h"});
}

TEST_CASE("a folder is no configuration file") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "etc");
  for (const char* name : {"etc", "etc/"}) {
    CHECK(load({name, {}, {}, folder.path()}).errors ==
          std::vector<std::string>{std::string(name) +
                                   ": is a folder; name a file in it with --config"});
  }
}

TEST_CASE("a path through a file is an error with the system's reason") {
  const TemporaryFolder folder;
  folder.write("a", "");
  CHECK(load({"a/b", {}, {}, folder.path()}).errors ==
        std::vector<std::string>{
            "a/b: cannot be read (Not a directory); name a readable file with --config"});
}

TEST_CASE("a file without content means the defaults, with a warning that nothing is watched") {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "~\n", "\xEF\xBB\xBF"}) {
    CAPTURE(text);
    const LoadResult result = load_text(text);
    CHECK(result.errors.empty());
    REQUIRE(result.settings.has_value());
    CHECK(result.warnings == std::vector<std::string>{kNoWorkloads});
  }
  CHECK(load({}).warnings == std::vector<std::string>{kNoWorkloads});
}

TEST_CASE("sections and lists without content mean the defaults") {
  const LoadResult result = load_text("backoff:\nlog: ~\nlocal:\n  workloads:\n");
  CHECK(result.errors.empty());
}

TEST_CASE("a file that is no map is refused") {
  CHECK(errors_of("# a\n- a\n") ==
        "ebbgate.yaml:2: the file holds a list; write a map of settings, such as listen: "
        "127.0.0.1:9911");
  CHECK(errors_of("hello") ==
        "ebbgate.yaml:1: the file holds a single value; write a map of settings, such as listen: "
        "127.0.0.1:9911");
}

TEST_CASE("a file of several documents is refused") {
  CHECK(errors_of("listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n") ==
        "ebbgate.yaml:2: a second YAML document begins; keep one document in the file");
}

TEST_CASE("a syntax error is named with its line") {
  CHECK(errors_of("log: {level: info}\nbackoff: {max: 5m\nlisten: x\n") ==
        "ebbgate.yaml:3: not valid YAML (end of map flow not found); mend the syntax near this "
        "line");
  CHECK(errors_of("a: *b\n") ==
        "ebbgate.yaml:1: not valid YAML (the referenced anchor is not defined); mend the "
        "syntax near this line");
}

TEST_CASE("what is not UTF-8 is refused with its line") {
  for (const char* bytes : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xE0\x80\x80", "\xF0\x80\x80\x80", "\x80"}) {
    CHECK(errors_of(std::string("log: {}\ndatabase: ") + bytes + "\n") ==
          "ebbgate.yaml:2: not UTF-8 text; save the file as UTF-8");
  }
  CHECK(errors_of("database: \xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\x8A\n").empty());
}

TEST_CASE("nesting without end is an error, not a crash") {
  for (const char* opening : {"[", "{a: ", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 20000; ++i) text += opening;
    CHECK_FALSE(load_text(text).errors.empty());
  }
}

TEST_CASE("aliases stand for what they name, even within themselves") {
  const LoadResult result = load_text(
      "local:\n  workloads:\n  - &a {name: a, watch: &w [x], update: &u {exec: [b]}}\n"
      "  - {name: b, watch: *w, update: *u}\n");
  CHECK(result.errors.empty());
  REQUIRE(result.settings.has_value());
  const auto& workloads = result.settings->local.workloads;
  REQUIRE(workloads.size() == 2);
  CHECK(workloads[0].watch == workloads[1].watch);
  CHECK(workloads[0].update == workloads[1].update);
  CHECK_FALSE(load_text("local: {workloads: &a [*a]}").errors.empty());
  CHECK_FALSE(load_text("local: &a {ignore: *a, workloads: [*a]}").errors.empty());
}

TEST_CASE("aliases of aliases cost no more than their text") {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 10000; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  CHECK(load_text(text).errors.size() == 10000);
}
