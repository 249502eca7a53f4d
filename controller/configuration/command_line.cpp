#include "controller/configuration/command_line.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "base/workload_key.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/problems.h"
#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

constexpr int kWrongUsage = 2;

class Parser {
 public:
  explicit Parser(const std::string& version)
      : app_(
            "Ebbgate rolls workloads out when their configuration changes, never faster than they "
            "can bear.",
            "ebbgate") {
    app_.set_version_flag("--version", version, "Print the version and exit");
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.require_subcommand(1);
    app_.footer("Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration.");
    add_run();
    add_check();
    add_status();
    add_explain();
    add_simulate();
    add_release();
    for (auto& [command, app] : commands_) {
      app->set_version_flag("--version", version, "Print the version and exit");
    }
  }

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
    for (const auto& [command, app] : commands_) {
      if (app->parsed()) line_.command = command;
    }
    for (const auto& [key, option] : settings_) {
      if (option->count() > 0) line_.settings.emplace_back(key, option->as<std::string>());
    }
    result.command = std::move(line_);
    return result;
  }

 private:
  // Last first; and with `--name=` as `--name ""`, which CLI11 would take for a missing value.
  static std::vector<std::string> in_the_order_of_cli11(const std::vector<std::string>& arguments) {
    std::vector<std::string> result;
    for (const std::string& argument : arguments) {
      if (argument.size() > 3 && argument.starts_with("--") && argument.ends_with('=')) {
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
    if (parsed.empty()) {
      const bool named = !arguments.empty() && !arguments.front().empty();
      return "ebbgate: " +
             (named ? in_quotes(arguments.front()) + " is no command" : "a command is missing") +
             "; write run, check, status, explain, simulate or release\nSee ebbgate --help.\n";
    }
    const CLI::App& app = *parsed.front();
    const std::string command = "ebbgate " + app.get_name();
    return command + ": " + what_is_wrong(error, app) + "\nSee " + command + " --help.\n";
  }

  static std::string what_is_wrong(const CLI::ParseError& error, const CLI::App& app) {
    std::vector<std::string> flags;
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_lnames().empty()) continue;
      flags.push_back("--" + option->get_lnames().front());
      if (option->count() > 1) return flags.back() + " is given twice; give it once";
    }
    const std::vector<std::string> extra = app.remaining();
    const auto flag = std::ranges::find_if(
        extra, [](const std::string& argument) { return argument.starts_with('-'); });
    if (flag != extra.end()) {
      const std::string near = nearest(flag->substr(0, flag->find('=')), flags);
      return in_quotes(*flag) + " is an unknown flag" +
             (near.empty() ? "" : "; did you mean " + near + "?");
    }
    if (!extra.empty()) return in_quotes(extra.front()) + " is one argument too many; leave it out";
    return error.what();
  }

  CLI::App* add(Command command, const std::string& name, const std::string& description) {
    CLI::App* app = app_.add_subcommand(name, description);
    commands_[command] = app;
    app->add_option("--config", line_.config, "The configuration file")->type_name("FILE");
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
      add_setting(app, setting, "Settings (each also a variable, such as EBBGATE_BACKOFF_MAX)");
    }
  }

  void add_url(CLI::App* app) {
    app->add_option("--url", line_.url, "Where Ebbgate serves; otherwise where it listens")
        ->type_name("URL")
        ->check([](const std::string& text) {
          std::string url;
          const Problem wrong = read_url(text, url);
          return wrong ? *wrong : std::string();
        });
  }

  void add_json(CLI::App* app) { app->add_flag("--json", line_.json, "Print JSON"); }

  void add_workload(CLI::App* app) {
    app->add_option("workload", line_.workload, "NAMESPACE/KIND/NAME, such as default/Local/web")
        ->required()
        ->type_name("")
        ->check([](const std::string& text) {
          return WorkloadKey::parse(text) ? std::string()
                                          : in_quotes(text) +
                                                " is no workload; write NAMESPACE/KIND/NAME, such "
                                                "as default/Local/web";
        });
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
    app->add_flag("--watch", line_.watch, "Go on, once a second");
  }

  void add_explain() {
    CLI::App* app = add(Command::explain, "explain",
                        "Tell why a workload waits: its gates, references and recent history");
    add_url(app);
    add_json(app);
    add_workload(app);
  }

  void add_simulate() {
    CLI::App* app = add(Command::simulate, "simulate", "Replay a trace in virtual time");
    add_json(app);
    app->add_option("trace", line_.trace, "A file of JSON lines; - for standard input")
        ->required()
        ->type_name("");
    add_settings(app);
  }

  void add_release() {
    CLI::App* app = add(Command::release, "release",
                        "Forgive a workload's level and let its pending update go now");
    const auto setting = std::ranges::find(scalar_settings(), "admin_socket", &ScalarSetting::key);
    add_setting(app, *setting, "Options");
    add_workload(app);
  }

  CommandLine line_;
  CLI::App app_;
  std::map<Command, CLI::App*> commands_;
  std::vector<std::pair<std::string, CLI::Option*>> settings_;
};

}  // namespace

CommandLineResult parse_command_line(const std::vector<std::string>& arguments,
                                     const std::string& version) {
  return Parser(version).parse(arguments);
}

}  // namespace ebbgate::configuration
