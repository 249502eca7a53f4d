#include <sys/stat.h>

#include <doctest/doctest.h>

#include "controller/configuration/document.h"
#include "tests/unit/configuration/loading.h"

using ebbgate::configuration::find_file;
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

TEST_CASE("a process that runs is not told to be given another file") {
  const TemporaryFolder folder;
  ebbgate::configuration::Source source{"none.yaml", {}, {}, folder.path()};
  source.again = true;
  CHECK(load(source).errors ==
        std::vector<std::string>{"none.yaml: does not exist; put a readable configuration file "
                                 "there, and send SIGHUP again"});
}

TEST_CASE("what is meant for a shell is warned of, as there is none") {
  const TemporaryFolder folder;
  folder.write("e.yaml",
               "local:\n  workloads:\n    - name: web\n      watch: [a]\n      update:\n"
               "        exec: [make, \"a|b\", \"&&\", reload]\n");
  const LoadResult result = load({"e.yaml", {}, {}, folder.path()});
  CHECK(result.errors.empty());
  CHECK(result.warnings ==
        std::vector<std::string>{
            "e.yaml:6: local.workloads[0].update.exec[2]: && is given to the program as it is, for "
            "there is no shell; where one is meant, write [sh, -c, \"…\"]"});
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

TEST_CASE("aliases stand for what they name, and nothing stands within itself") {
  const LoadResult result = load_text(
      "local:\n  workloads:\n  - &a {name: a, watch: &w [x], update: &u {exec: [b]}}\n"
      "  - {name: b, watch: *w, update: *u}\n");
  CHECK(result.errors.empty());
  REQUIRE(result.settings.has_value());
  const auto& workloads = result.settings->local.workloads;
  REQUIRE(workloads.size() == 2);
  CHECK(workloads[0].watch == workloads[1].watch);
  CHECK(workloads[0].update == workloads[1].update);
  const std::string within =
      "ebbgate.yaml:1: an alias stands within what it is an alias of; write out what is meant";
  CHECK(errors_of("local: {workloads: &a [*a]}") == within);
  CHECK(errors_of("local: &a {ignore: *a, workloads: [*a]}") == within);
}

TEST_CASE("aliases of aliases end where they stand for too much") {
  const std::string too_much =
      ": the aliases up to here stand for more than 1000000 values; write out what is meant";
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 10000; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  CHECK(errors_of(text) == "ebbgate.yaml:18" + too_much);
  // Few aliases of something large.
  std::string large = "local:\n  ignore: &a [";
  for (int i = 0; i < 1000; ++i) large += "x, ";
  large += "x]\n  workloads:\n";
  for (int i = 0; i < 1000; ++i) large += "  - {name: a, watch: *a, update: {exec: *a}}\n";
  CHECK(errors_of(large) == "ebbgate.yaml:503" + too_much);
}

TEST_CASE("of very many problems the first are told, and how many more there are") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const auto errors = load_text(text, {{"backoff.max", "x"}}).errors;
  REQUIRE(errors.size() == 101);
  CHECK(errors[0].starts_with("ebbgate.yaml:1: key0: "));
  CHECK(errors[99].starts_with("ebbgate.yaml:100: key99: "));
  CHECK(errors[100] == "and 901 more problems; mend these first");
  std::string same = "local: {workloads: [{name: a, update: {exec: [x]}, watch: [a";
  for (int i = 0; i < 300; ++i) same += ", a";
  const auto warnings = load_text(same + "]}]}").warnings;
  REQUIRE(warnings.size() == 101);
  CHECK(warnings[100] == "there are 200 more warnings");
}

TEST_CASE("a key that is very long is cut short") {
  CHECK(errors_of(std::string(1000, 'y') + ": 1").size() < 500);
}

TEST_CASE("what is no regular file is refused at once, without being opened") {
  const TemporaryFolder folder;
  const std::string rest = "; write the configuration to a file, and name that with --config";
  const std::string pipe = (folder.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(load({pipe, {}, {}, folder.path()}).errors ==
        std::vector<std::string>{pipe + ": is a pipe" + rest});
  folder.write("file", "listen: 127.0.0.1:1\n");
  std::filesystem::create_symlink("pipe", folder.path() / "link");
  CHECK(load({"link", {}, {}, folder.path()}).errors ==
        std::vector<std::string>{"link: is a pipe" + rest});
  std::filesystem::create_symlink("file", folder.path() / "right");
  CHECK(load({"right", {}, {}, folder.path()}).errors.empty());
  CHECK(load({"/dev/zero", {}, {}, folder.path()}).errors ==
        std::vector<std::string>{"/dev/zero: is a device" + rest});
}

TEST_CASE("a configuration that nobody names is the first of the usual ones") {
  const TemporaryFolder folder;
  const std::filesystem::path other = folder.path() / "other.yaml";
  const std::vector<std::filesystem::path> usual = {"ebbgate.yaml", other};
  CHECK_FALSE(find_file(usual, folder.path()).has_value());
  folder.write("other.yaml", "");
  CHECK(find_file(usual, folder.path()) == other);
  // One that cannot be read is named, not passed over.
  std::filesystem::create_symlink("nowhere", folder.path() / "ebbgate.yaml");
  CHECK(find_file(usual, folder.path()) == "ebbgate.yaml");
  CHECK(ebbgate::configuration::usual_files() ==
        std::vector<std::filesystem::path>{"ebbgate.yaml", "/etc/ebbgate/ebbgate.yaml"});
}

TEST_CASE("how to log is known even where there are errors, as far as it can be") {
  using ebbgate::LogFormat;
  CHECK(load_text("bogus: 1").log.format == LogFormat::text);
  CHECK(load_text("bogus: 1\nlog: {format: json}").log.format == LogFormat::json);
  CHECK(load_text("[", {{"log.format", "json"}}).log.format == LogFormat::json);
  CHECK(load_text("[", {}, {{"EBBGATE_LOG_FORMAT", "json"}}).log.format == LogFormat::json);
}
