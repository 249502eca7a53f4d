#include "controller/configuration/command_line.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/workload_key.h"
#include "base/workload_states.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/problems.h"
#include "controller/configuration/scalar_settings.h"
#include "controller/configuration/usage_errors.h"
#include "controller/configuration/usage_of_cli11.h"
#include "controller/configuration/values.h"

namespace ebbgate::configuration {

namespace {

constexpr int kWrongUsage = 2;
constexpr std::array<const char*, 2> kOutputs{"text", "json"};
constexpr std::array<const char*, 3> kShells{"bash", "zsh", "fish"};

// What other programs call a command, and what there is for it here.
constexpr std::array<std::pair<std::string_view, const char*>, 4> kOtherWords{{
    {"reload",
     "; to let the running ebbgate read its configuration again, send it SIGHUP, such as with kill "
     "-HUP PID"},
    {"start", "; write run"},
    {"stop", "; to end the running ebbgate, send it SIGTERM, such as with kill PID"},
    {"restart", "; end the running ebbgate with SIGTERM, and start it with ebbgate run"},
}};

template <class Words>
std::string joined(const Words& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : "|") + std::string(word);
  return text;
}

class Parser {
 public:
  explicit Parser(std::string version)
      : version_(std::move(version)),
        app_(
            "Ebbgate rolls workloads out when their configuration changes, never faster than they "
            "can bear.",
            "ebbgate") {
    app_.set_version_flag("--version", version_, "Print the version and exit");
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.require_subcommand(1);
    app_.footer("Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration.");
    add_run();
    add_check();
    add_status();
    add_explain();
    add_simulate();
    add_release();
    add_backup();
    add_completion();
    add_manual();
    add_help();
    add_version();
    add_names();
    for (CLI::App* app : app_.get_subcommands([](const CLI::App*) { return true; })) {
      app->set_version_flag("--version", version_, "Print the version and exit");
    }
  }

  Usage usage() const { return describe(app_); }

  CommandLineResult parse(const std::vector<std::string>& arguments) {
    CommandLineResult result;
    try {
      app_.parse(in_the_order_of_cli11(arguments));
    } catch (const CLI::ParseError& error) {
      std::ostringstream output;
      if (app_.exit(error, output, output) == 0) {
        result.output = output.str();
      } else {
        result.exit_code = kWrongUsage;
        result.error = what_is_wrong(error, arguments);
      }
      return result;
    }
    if (version_command_->parsed()) {
      result.output = version_ + "\n";
      return result;
    }
    if (help_command_->parsed()) return help();
    for (const auto& [command, app] : commands_) {
      if (app->parsed()) line_.command = command;
    }
    if (output_ == "json") line_.json = true;
    for (const auto& [key, option] : settings_) {
      if (option->count() > 0) line_.settings.emplace_back(key, option->as<std::string>());
    }
    result.command = std::move(line_);
    return result;
  }

 private:
  // Last first; with `-n=value` as `-n value`, which is how kubectl takes it; and with `--name=` as
  // `--name ""`, which CLI11 would take for a missing value.
  static std::vector<std::string> in_the_order_of_cli11(const std::vector<std::string>& arguments) {
    std::vector<std::string> result;
    for (const std::string& argument : arguments) {
      if (argument.size() > 2 && argument[0] == '-' && argument[1] != '-' && argument[2] == '=') {
        result.push_back(argument.substr(0, 2));
        result.push_back(argument.substr(3));
      } else if (argument.size() > 3 && argument.starts_with("--") && argument.ends_with('=')) {
        result.push_back(argument.substr(0, argument.size() - 1));
        result.emplace_back();
      } else {
        result.push_back(argument);
      }
    }
    std::ranges::reverse(result);
    return result;
  }

  std::string what_is_wrong(const CLI::ParseError& error,
                            const std::vector<std::string>& arguments) const {
    const std::vector<CLI::App*> parsed = app_.get_subcommands();
    const bool named = !arguments.empty() && !arguments.front().empty();
    const bool flag_first = named && arguments.front().starts_with("-");
    if (parsed.empty() || flag_first) {
      if (flag_first) {
        return "ebbgate: " + in_quotes(arguments.front()) +
               " stands before the command; write the command first, such as ebbgate run --config "
               "ebbgate.yaml\nSee ebbgate --help.\n";
      }
      return "ebbgate: " +
             (named ? in_quotes(arguments.front()) + " is no command" : "a command is missing") +
             which_command(named ? arguments.front() : "") + "\nSee ebbgate --help.\n";
    }
    const CLI::App& app = *parsed.front();
    const std::string command = "ebbgate " + app.get_name();
    return command + ": " + configuration::what_is_wrong(error, app, arguments) + "\nSee " +
           command + " --help.\n";
  }

  CommandLineResult help() const {
    CommandLineResult result;
    if (helped_.empty()) {
      // One that has parsed a command would give that command's.
      result.output = Parser(version_).app_.help();
      return result;
    }
    const std::vector<std::string> names = names_of_commands();
    if (std::ranges::find(names, helped_) == names.end()) {
      result.exit_code = kWrongUsage;
      result.error = "ebbgate help: " + in_quotes(helped_) + " is no command" +
                     which_command(helped_) + "\nSee ebbgate --help.\n";
      return result;
    }
    result.output = app_.get_subcommand(helped_)->help(app_.get_name());
    return result;
  }

  std::vector<std::string> names_of_commands() const {
    std::vector<std::string> names;
    for (const UsageCommand& command : describe(app_).commands) names.push_back(command.name);
    return names;
  }

  std::string which_command(const std::string& given) const {
    const std::vector<std::string> names = names_of_commands();
    for (const auto& [word, meant] : kOtherWords) {
      if (given == word) return meant;
    }
    // A command does something: one that was hardly meant is not offered.
    constexpr std::size_t kMostChanges = 2;
    const std::string near = nearest(given, names, kMostChanges);
    if (!near.empty()) return "; did you mean " + near + "?";
    return "; write " + any_of(names);
  }

  // An empty value is most often a variable of a script that is not set.
  static std::function<std::string(const std::string&)> not_empty(const std::string& what) {
    return [what](const std::string& text) {
      return text.empty() ? "is empty; name " + what : std::string();
    };
  }

  CLI::App* add_bare(Command command, const std::string& name, const std::string& description) {
    CLI::App* app = app_.add_subcommand(name, description);
    commands_[command] = app;
    return app;
  }

  CLI::App* add(Command command, const std::string& name, const std::string& description) {
    CLI::App* app = add_bare(command, name, description);
    app->add_option("--config", line_.config, "The configuration file")
        ->type_name("FILE")
        ->check(not_empty("a file"));
    return app;
  }

  void add_setting(CLI::App* app, const ScalarSetting& setting, const std::string& group) {
    const std::string help = setting.help + " [" + setting.write(Settings{}) + "]";
    CLI::Option* option =
        app->add_option("--" + setting.key, help)->type_name(setting.value)->group(group);
    option->expected(1)->type_size(1);
    settings_.emplace_back(setting.key, option);
  }

  void add_settings(CLI::App* app) {
    for (const ScalarSetting& setting : scalar_settings()) {
      add_setting(app, setting,
                  std::string(kSettings) + " (each also a variable, such as EBBGATE_BACKOFF_MAX)");
    }
  }

  void add_url(CLI::App* app) {
    app->add_option("--url", line_.url,
                    "Where Ebbgate serves, so that no configuration is read; otherwise where that "
                    "listens")
        ->type_name("URL")
        ->check([](const std::string& text) {
          // Without the text itself, which may have a password.
          std::string url;
          return read_url(text, url) ? std::string(
                                           "is no address of Ebbgate; write one such as "
                                           "http://127.0.0.1:9911")
                                     : std::string();
        });
  }

  void add_json(CLI::App* app) {
    app->add_flag("--json", line_.json, "Print JSON");
    add_choice(app, "-o,--output", output_, kOutputs, "What to print: json is the same as --json")
        ->type_name(joined(kOutputs));
  }

  void add_namespace(CLI::App* app, const std::string& description) {
    app->add_option("-n,--namespace", line_.namespace_name, description)->type_name("NAMESPACE");
  }

  void add_watch(CLI::App* app) {
    app->add_flag("-w,--watch", line_.watch, "Go on, once a second, until Ctrl-C");
  }

  template <class Words>
  CLI::Option* add_choice(CLI::App* app, const std::string& name, std::string& value,
                          const Words& words, const std::string& description) {
    return app->add_option(name, value, description)->check([words](const std::string& text) {
      std::size_t index = 0;
      const Problem wrong = read_choice(text, {words.begin(), words.end()}, index);
      return wrong ? *wrong : std::string();
    });
  }

  void add_workload(CLI::App* app) {
    app->add_option("workload", line_.workload,
                    "NAMESPACE/KIND/NAME, such as default/Local/web; or KIND/NAME, NAMESPACE/NAME "
                    "or NAME where one workload alone is called so")
        ->required()
        ->type_name("")
        ->check([](const std::string& text) {
          return may_be_workload(text) ? std::string()
                                       : in_quotes(text) +
                                             " is no workload; write NAMESPACE/KIND/NAME, such "
                                             "as default/Local/web, or NAME";
        });
    add_namespace(app, "Only a workload of this namespace is meant");
  }

  // One to three parts, none of them empty.
  static bool may_be_workload(const std::string& text) {
    const auto slashes = std::ranges::count(text, '/');
    if (slashes == 2) return WorkloadKey::parse(text).has_value();
    return slashes < 2 && !text.empty() && !text.starts_with('/') && !text.ends_with('/');
  }

  void add_run() { add_settings(add(Command::run, "run", "Run the controller in the foreground")); }

  void add_check() {
    add_settings(add(Command::check, "check",
                     "Validate configuration and database, and print what is in force"));
  }

  void add_status() {
    CLI::App* app = add(Command::status, "status", "List workloads and what holds them");
    add_url(app);
    add_json(app);
    add_watch(app);
    add_choice(app, "--state", line_.state, kWorkloadStates, "Only workloads in this state")
        ->type_name(joined(kWorkloadStates));
    add_namespace(app, "Only workloads of this namespace");
    app->add_flag("--all", line_.all, "List idle workloads on a terminal, however many there are");
  }

  void add_explain() {
    CLI::App* app = add(Command::explain, "explain",
                        "Tell why a workload waits: its gates, references and recent history");
    add_url(app);
    add_json(app);
    add_watch(app);
    add_workload(app);
  }

  void add_simulate() {
    CLI::App* app = add(Command::simulate, "simulate", "Replay a trace in virtual time");
    add_json(app);
    app->add_option("trace", line_.trace, "A file of JSON lines; - for standard input")
        ->required()
        ->type_name("")
        ->check(not_empty("a file of JSON lines, or - for standard input"));
    add_settings(app);
  }

  void add_release() {
    CLI::App* app = add(Command::release, "release",
                        "Forgive a workload's level and let its pending update go now");
    const auto setting = std::ranges::find(scalar_settings(), "admin_socket", &ScalarSetting::key);
    add_setting(app, *setting, "Options");
    add_workload(app);
  }

  void add_backup() {
    CLI::App* app = add(Command::backup, "backup",
                        "Copy the database to one file, also beside a process that uses it");
    const auto setting = std::ranges::find(scalar_settings(), "database", &ScalarSetting::key);
    add_setting(app, *setting, "Options");
    app->add_option("file", line_.copy, "The file that is to be written")
        ->required()
        ->type_name("")
        ->check(not_empty("the file that is to be written"));
    app->add_flag("--force", line_.force, "Overwrite the file where it is there already");
  }

  void add_completion() {
    CLI::App* app = add_bare(Command::completion, "completion",
                             "Print what lets a shell complete Ebbgate's command line");
    add_choice(app, "shell", line_.shell, kShells, "The shell that is to complete")
        ->required()
        ->type_name(joined(kShells));
  }

  void add_manual() { add_bare(Command::manual, "manual", "Print the man page, for man -l -"); }

  void add_help() {
    std::string names;
    for (const UsageCommand& command : describe(app_).commands) names += command.name + "|";
    help_command_ = app_.add_subcommand("help", "Print help, of one command or of all");
    help_command_->add_option("command", helped_, "The command that is to be explained")
        ->type_name(names + "help|version");
  }

  void add_version() { version_command_ = app_.add_subcommand("version", "Print the version"); }

  void add_names() {
    CLI::App* app =
        add(Command::names, "names", "Print the keys of all workloads, quickly or not at all");
    app->group("");
    add_url(app);
  }

  CommandLine line_;
  std::string output_;
  std::string helped_;
  std::string version_;
  CLI::App app_;
  CLI::App* help_command_ = nullptr;
  CLI::App* version_command_ = nullptr;
  std::map<Command, CLI::App*> commands_;
  std::vector<std::pair<std::string, CLI::Option*>> settings_;
};

}  // namespace

CommandLineResult parse_command_line(const std::vector<std::string>& arguments,
                                     const std::string& version) {
  return Parser(version).parse(arguments);
}

Usage describe_command_line() {
  return Parser("").usage();
}

}  // namespace ebbgate::configuration
