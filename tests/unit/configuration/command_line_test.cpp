#include "controller/configuration/command_line.h"

#include <map>

#include <doctest/doctest.h>

#include "controller/configuration/scalar_settings.h"

using ebbgate::configuration::Command;
using ebbgate::configuration::CommandLine;
using ebbgate::configuration::CommandLineResult;

namespace {

using Arguments = std::vector<std::string>;

CommandLineResult parse(const Arguments& arguments) {
  return ebbgate::configuration::parse_command_line(arguments, "ebbgate 1.2.3");
}

CommandLine command_of(const Arguments& arguments) {
  const CommandLineResult result = parse(arguments);
  INFO(result.error);
  REQUIRE(result.command.has_value());
  CHECK(result.exit_code == 0);
  CHECK(result.output.empty());
  return *result.command;
}

}  // namespace

TEST_CASE("each command has its own arguments") {
  CHECK(command_of({"run"}).command == Command::run);
  CHECK(command_of({"run", "--config", "a.yaml"}).config == "a.yaml");
  CHECK(command_of({"check", "--config=a.yaml"}).command == Command::check);

  const CommandLine status = command_of({"status", "--url", "http://h:1", "--json", "--watch"});
  CHECK(status.command == Command::status);
  CHECK(status.url == "http://h:1");
  CHECK(status.json);
  CHECK(status.watch);

  const CommandLine explain = command_of({"explain", "default/Local/web", "--json"});
  CHECK(explain.command == Command::explain);
  CHECK(explain.workload == "default/Local/web");
  CHECK(explain.json);
  CHECK_FALSE(explain.url.has_value());

  CHECK(command_of({"explain", "default/Local/web", "--watch"}).watch);

  const CommandLine some =
      command_of({"status", "--state", "waiting", "--namespace", "shop", "--all"});
  CHECK(some.state == "waiting");
  CHECK(some.namespace_name == "shop");
  CHECK(some.all);

  CHECK(command_of({"completion", "fish"}).shell == "fish");
  CHECK(command_of({"manual"}).command == Command::manual);
  CHECK(command_of({"names", "--url", "http://h:1"}).command == Command::names);

  const CommandLine simulate = command_of({"simulate", "--json", "trace.jsonl"});
  CHECK(simulate.command == Command::simulate);
  CHECK(simulate.trace == "trace.jsonl");
  CHECK(command_of({"simulate", "-"}).trace == "-");

  const CommandLine release = command_of({"release", "a/Local/b", "--admin_socket", "admin.sock"});
  CHECK(release.command == Command::release);
  CHECK(release.workload == "a/Local/b");
  REQUIRE(release.settings.size() == 1);
  CHECK(release.settings[0] == std::pair<std::string, std::string>("admin_socket", "admin.sock"));

  const CommandLine backup = command_of({"backup", "copy.db", "--database", "a.db", "--force"});
  CHECK(backup.command == Command::backup);
  CHECK(backup.copy == "copy.db");
  CHECK(backup.force);
  CHECK(backup.settings == std::vector<std::pair<std::string, std::string>>{{"database", "a.db"}});
  CHECK_FALSE(command_of({"backup", "copy.db"}).force);
}

TEST_CASE("every scalar setting is a flag of run, check and simulate") {
  for (const auto& setting : ebbgate::configuration::scalar_settings()) {
    for (Arguments arguments : {Arguments{"run"}, Arguments{"check"}, Arguments{"simulate", "t"}}) {
      arguments.insert(arguments.end(), {"--" + setting.key, "value"});
      CAPTURE(setting.key);
      const CommandLine line = command_of(arguments);
      REQUIRE(line.settings.size() == 1);
      CHECK(line.settings.front() == std::pair<std::string, std::string>(setting.key, "value"));
    }
  }
}

TEST_CASE("values reach the settings as they were written") {
  for (const std::string value :
       {"", "-1", "[::1]:9911", "[x]", "a b", "a,b", "'q'", "\"q\"", "é"}) {
    CAPTURE(value);
    for (const Arguments& arguments : {Arguments{"run", "--listen", value, "--log.level", "info"},
                                       Arguments{"run", "--listen=" + value, "--log.level=info"}}) {
      const CommandLine line = command_of(arguments);
      REQUIRE(line.settings.size() == 2);
      CHECK(line.settings[0] == std::pair<std::string, std::string>("listen", value));
      CHECK(line.settings[1] == std::pair<std::string, std::string>("log.level", "info"));
    }
  }
}

TEST_CASE("help and version are output with exit code 0, for each command too") {
  for (const Arguments& command :
       {Arguments{}, Arguments{"run"}, Arguments{"check"}, Arguments{"status"},
        Arguments{"explain"}, Arguments{"simulate"}, Arguments{"release"}, Arguments{"backup"},
        Arguments{"completion"}, Arguments{"manual"}, Arguments{"help"}, Arguments{"version"}}) {
    for (const char* help : {"--help", "-h"}) {
      Arguments arguments = command;
      arguments.emplace_back(help);
      const CommandLineResult result = parse(arguments);
      CHECK_FALSE(result.command.has_value());
      CHECK(result.exit_code == 0);
      CHECK(result.error.empty());
      CHECK(result.output.find("Usage: ebbgate" + (command.empty() ? "" : " " + command[0])) !=
            std::string::npos);
    }
    Arguments arguments = command;
    arguments.emplace_back("--version");
    const CommandLineResult result = parse(arguments);
    CHECK(result.exit_code == 0);
    CHECK(result.output == "ebbgate 1.2.3\n");
    CHECK(result.error.empty());
  }
}

TEST_CASE("help and version are commands too") {
  CHECK(parse({"version"}).output == "ebbgate 1.2.3\n");
  CHECK(parse({"version"}).exit_code == 0);
  CHECK(parse({"help"}).output == parse({"--help"}).output);
  for (const auto& command : ebbgate::configuration::describe_command_line().commands) {
    CAPTURE(command.name);
    const CommandLineResult result = parse({"help", command.name});
    CHECK(result.exit_code == 0);
    CHECK(result.error.empty());
    CHECK(result.output == parse({command.name, "--help"}).output);
  }
  const CommandLineResult wrong = parse({"help", "statsu"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.output.empty());
  CHECK(wrong.error ==
        "ebbgate help: \"statsu\" is no command; did you mean status?\nSee ebbgate --help.\n");
  CHECK(parse({"help", "names"}).exit_code == 2);
}

TEST_CASE("what is written often has a short form") {
  const CommandLine status = command_of({"status", "-n", "shop", "-o", "json", "-w"});
  CHECK(status.namespace_name == "shop");
  CHECK(status.json);
  CHECK(status.watch);
  CHECK(command_of({"explain", "web", "-n", "shop", "-o=json", "-w"}).json);
  CHECK(command_of({"explain", "Deployment/web"}).workload == "Deployment/web");
  CHECK(command_of({"release", "web", "--namespace", "shop"}).namespace_name == "shop");
  CHECK_FALSE(command_of({"status", "-o", "text"}).json);
  CHECK(command_of({"simulate", "-o", "json", "t"}).json);
}

TEST_CASE("the help of run tells every setting with its type, default and meaning") {
  const std::string help = parse({"run", "--help"}).output;
  for (const auto& setting : ebbgate::configuration::scalar_settings()) {
    CAPTURE(setting.key);
    CHECK(help.find("--" + setting.key + " " + setting.value) != std::string::npos);
    CHECK(help.find(setting.help) != std::string::npos);
    CHECK(help.find("[" + setting.write(ebbgate::Settings{}) + "]") != std::string::npos);
  }
}

TEST_CASE("wrong usage ends with exit code 2 and says what is wrong") {
  const std::string commands =
      "; write run, check, status, explain, simulate, release, backup, completion, manual, help or "
      "version";
  const std::vector<std::pair<Arguments, std::string>> cases = {
      {{}, "ebbgate: a command is missing" + commands + "\nSee ebbgate --help.\n"},
      {{"walk"}, "ebbgate: \"walk\" is no command" + commands + "\nSee ebbgate --help.\n"},
      {{"statsu"},
       "ebbgate: \"statsu\" is no command; did you mean status?\nSee ebbgate --help.\n"},
      {{"--confg", "x"},
       "ebbgate: \"--confg\" stands before the command; write the command first, such as ebbgate "
       "run "
       "--config ebbgate.yaml\nSee ebbgate --help.\n"},
      {{"--config", "x", "run"},
       "ebbgate: \"--config\" stands before the command; write the command first, such as ebbgate "
       "run --config ebbgate.yaml\nSee ebbgate --help.\n"},
      {{"reload"},
       "ebbgate: \"reload\" is no command; to let the running ebbgate read its configuration "
       "again, "
       "send it SIGHUP, such as with kill -HUP PID\nSee ebbgate --help.\n"},
      {{"start"}, "ebbgate: \"start\" is no command; write run\nSee ebbgate --help.\n"},
      {{"run", "extra"}, "\"extra\" is one argument too many; leave it out"},
      {{"run", "check"}, "\"check\" is one argument too many; leave it out"},
      {{"run", "--backof.max", "5m"},
       "\"--backof.max\" is an unknown flag; did you mean --backoff.max?"},
      {{"run", "--backof.max=5m"},
       "\"--backof.max=5m\" is an unknown flag; did you mean --backoff.max?"},
      {{"run", "--zzz"}, "\"--zzz\" is an unknown flag"},
      {{"run", "--json"}, "\"--json\" is an unknown flag"},
      {{"run", "--config"}, "--config needs a value; write --config FILE"},
      {{"run", "--config", ""}, "--config: is empty; name a file"},
      {{"run", "--backoff.max", "--config", "a.yaml"},
       "--backoff.max needs a value; write --backoff.max DURATION, and --config behind that"},
      {{"status", "-n"}, "--namespace needs a value; write --namespace NAMESPACE"},
      {{"status", "--watch=maybe"}, "--watch takes no value; write --watch alone, or leave it out"},
      {{"status", "--url", ""},
       "--url: is no address of Ebbgate; write one such as http://127.0.0.1:9911"},
      {{"backup"}, "FILE is missing: The file that is to be written"},
      {{"backup", ""}, "file: is empty; name the file that is to be written"},
      {{"run", "--backoff.max", "1m", "--backoff.max", "2m"},
       "--backoff.max is given twice; give it once"},
      {{"explain"},
       "WORKLOAD is missing: NAMESPACE/KIND/NAME, such as default/Local/web; or KIND/NAME, "
       "NAMESPACE/NAME or NAME where one workload alone is called so"},
      {{"explain", "a//b"},
       "workload: \"a//b\" is no workload; write NAMESPACE/KIND/NAME, such as default/Local/web, "
       "or "
       "NAME"},
      {{"status", "-o", "yaml"}, "--output: \"yaml\" is unknown; write text or json"},
      {{"status", "--url", "ftp://x"},
       "--url: is no address of Ebbgate; write one such as http://127.0.0.1:9911"},
      {{"simulate"}, "TRACE is missing: A file of JSON lines; - for standard input"},
      {{"status", "--state", "wating"},
       "--state: \"wating\" is unknown; write held, missing, updating, failing, waiting, "
       "unhealthy, "
       "rolling or idle"},
      {{"completion"}, "SHELL is missing: The shell that is to complete (bash|zsh|fish)"},
      {{"completion", "csh"}, "shell: \"csh\" is unknown; write bash, zsh or fish"},
  };
  for (const auto& [arguments, message] : cases) {
    const CommandLineResult result = parse(arguments);
    CHECK_FALSE(result.command.has_value());
    CHECK(result.exit_code == 2);
    CHECK(result.output.empty());
    if (message.starts_with("ebbgate")) {
      CHECK(result.error == message);
    } else {
      const std::string command = "ebbgate " + arguments.front();
      CHECK(result.error == command + ": " + message + "\nSee " + command + " --help.\n");
    }
  }
}

TEST_CASE("the description of the command line is what help has") {
  const auto usage = ebbgate::configuration::describe_command_line();
  const std::string help = parse({"--help"}).output;
  CHECK(help.find("names") == std::string::npos);
  std::vector<std::string> names;
  for (const auto& command : usage.commands) {
    CAPTURE(command.name);
    names.push_back(command.name);
    CHECK(help.find("  " + command.name + " ") != std::string::npos);
    CHECK(help.find(command.description) != std::string::npos);
    const std::string own = parse({command.name, "--help"}).output;
    for (const auto& flag : command.flags) {
      CAPTURE(flag.name);
      const std::string& type = flag.value.type;
      CHECK(own.find(flag.name + (type.empty() ? "" : " " + type)) != std::string::npos);
    }
    CHECK(command.argument.empty() == (own.find("Positionals:") == std::string::npos));
  }
  CHECK(names == std::vector<std::string>{"run", "check", "status", "explain", "simulate",
                                          "release", "backup", "completion", "manual", "help",
                                          "version"});
}

TEST_CASE("the description tells files, workloads and the words that are right") {
  using Words = std::vector<std::string>;
  std::map<std::string, ebbgate::configuration::UsageCommand> commands;
  for (const auto& command : ebbgate::configuration::describe_command_line().commands) {
    commands[command.name] = command;
  }
  const auto value = [&](const std::string& command, const std::string& name) {
    for (const auto& flag : commands.at(command).flags) {
      if (flag.name == name) return flag.value;
    }
    FAIL("there is no " << name);
    return ebbgate::configuration::UsageValue();
  };
  CHECK(value("status", "--config").file);
  CHECK(value("run", "--database").file);
  CHECK(value("release", "--admin_socket").file);
  CHECK_FALSE(value("run", "--listen").file);
  CHECK(value("run", "--log.format").choices == Words{"text", "json"});
  CHECK(value("run", "--backoff.unknown_level").choices == Words{"highest"});
  CHECK(value("run", "--backoff.max").choices.empty());
  CHECK(value("status", "--json").type.empty());
  CHECK(value("status", "--state").choices.size() == 8);
  CHECK(commands.at("explain").argument_value.workload);
  CHECK(commands.at("release").argument_value.workload);
  CHECK(commands.at("simulate").argument_value.file);
  CHECK(commands.at("backup").argument_value.file);
  CHECK(value("backup", "--database").file);
  CHECK(commands.at("completion").argument_value.choices == Words{"bash", "zsh", "fish"});
}
