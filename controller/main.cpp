#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "controller/backup.h"
#include "controller/check.h"
#include "controller/commands/completion.h"
#include "controller/commands/explain.h"
#include "controller/commands/manual.h"
#include "controller/commands/names.h"
#include "controller/commands/release.h"
#include "controller/commands/status.h"
#include "controller/commands/words.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/command_line.h"
#include "controller/configuration/load.h"
#include "controller/configuration/paths.h"
#include "controller/inheritance.h"
#include "controller/log.h"
#include "controller/run.h"
#include "controller/simulation/simulation.h"
#include "controller/version.h"

namespace {

using ebbgate::Settings;
using ebbgate::configuration::Command;
using ebbgate::configuration::CommandLine;

constexpr int kFine = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string url_of(const CommandLine& command, const Settings& settings) {
  if (command.url) return *command.url;
  return ebbgate::configuration::client_url(*ebbgate::configuration::parse_listen(settings.listen));
}

ebbgate::commands::ShowOptions show_options(const CommandLine& command, const std::string& url) {
  ebbgate::commands::ShowOptions options;
  options.json = command.json;
  options.watch = command.watch;
  options.place = ebbgate::commands::without_password(url);
  options.display = ebbgate::commands::standard_output;
  options.wait = [] {
    ebbgate::commands::wait_for_the_next_look();
    return static_cast<bool>(std::cout);
  };
  const ebbgate::commands::Display display = ebbgate::commands::standard_output();
  if (display.repaint && !options.json) ebbgate::commands::end_sanely();
  return options;
}

int show_status(const CommandLine& command, const Settings& settings) {
  ebbgate::commands::StatusOptions options;
  options.url = url_of(command, settings);
  options.filter = {command.namespace_name, command.state};
  options.all = command.all;
  options.show = show_options(command, options.url);
  return ebbgate::commands::show_status(options, ebbgate::SystemClock(), std::cout, std::cerr);
}

// Whether somebody told where the admin socket is, with a configuration file or otherwise.
bool is_socket_known(const ebbgate::configuration::Source& source, const Settings& settings) {
  return source.file || !source.flags.empty() ||
         settings.admin_socket != ebbgate::configuration::usual_admin_socket(settings.database);
}

int release(const CommandLine& command, const ebbgate::configuration::Source& source,
            const Settings& settings) {
  return ebbgate::commands::release({{command.workload, command.namespace_name},
                                     settings.admin_socket,
                                     is_socket_known(source, settings),
                                     !source.flags.empty()},
                                    std::cout, std::cerr);
}

int explain(const CommandLine& command, const Settings& settings) {
  ebbgate::commands::ExplainOptions options;
  options.workload = {command.workload, command.namespace_name};
  options.url = url_of(command, settings);
  options.show = show_options(command, options.url);
  return ebbgate::commands::explain(options, ebbgate::SystemClock(), std::cout, std::cerr);
}

int simulate(const CommandLine& command, const Settings& settings) {
  if (command.trace == "-") {
    return ebbgate::simulate(std::cin, settings, command.json, std::cout, std::cerr);
  }
  std::ifstream trace(command.trace);
  const int error = errno;
  std::error_code unknown;
  const bool is_folder = std::filesystem::is_directory(command.trace, unknown);
  if (!trace || is_folder) {
    std::cerr << "ebbgate simulate: cannot read the trace " << command.trace << " ("
              << std::strerror(is_folder ? EISDIR : error)
              << "); name a file of JSON lines that you may read, or - for standard input\n";
    return kWrongUsage;
  }
  return ebbgate::simulate(trace, settings, command.json, std::cout, std::cerr);
}

// Whether a flag says the one thing that a command asks of a configuration: where the running
// Ebbgate, its socket or its database is. A configuration that is wrong, or of another Ebbgate, is
// then in nobody's way.
bool needs_no_configuration(const CommandLine& command) {
  if (command.url) return true;
  const bool asks_for_one =
      command.command == Command::release || command.command == Command::backup;
  return asks_for_one && !command.settings.empty() && !command.config;
}

ebbgate::configuration::Source source_of(const CommandLine& command) {
  ebbgate::configuration::Source source;
  source.flags = command.settings;
  std::error_code unknown;
  source.working_directory = std::filesystem::current_path(unknown);
  if (needs_no_configuration(command)) return source;
  source.environment = ebbgate::configuration::ebbgate_variables(environ);
  if (command.config) {
    source.file = *command.config;
  } else {
    source.file = ebbgate::configuration::find_file(ebbgate::configuration::usual_files(),
                                                    source.working_directory);
  }
  return source;
}

ebbgate::configuration::LoadResult load_for(const CommandLine& command,
                                            const ebbgate::configuration::Source& source) {
  if (!command.url) return ebbgate::configuration::load(source);
  ebbgate::configuration::LoadResult nothing_asked;
  nothing_asked.settings.emplace();
  return nothing_asked;
}

// What the controller cannot do without is in a file, except that a cluster may be named by flags
// and variables alone.
void demand_something_to_do(const ebbgate::configuration::Source& source,
                            ebbgate::configuration::LoadResult& loaded) {
  if (source.file || !loaded.settings || loaded.settings->provider != "local") return;
  loaded.errors.emplace_back(
      "there is no configuration file: neither ebbgate.yaml in this folder nor "
      "/etc/ebbgate/ebbgate.yaml is there, and no flag or variable names something to do; name a "
      "file with --config, or write --provider kubernetes");
  loaded.settings.reset();
}

// Of a controller that does not start, as its log would.
void log_errors(const ebbgate::configuration::LoadResult& loaded) {
  if (loaded.log.format == ebbgate::LogFormat::text) {
    for (const std::string& error : loaded.errors) std::cerr << error << "\n";
    return;
  }
  ebbgate::Log log(loaded.log);
  for (const std::string& error : loaded.errors) log.error(error);
}

int run(const CommandLine& command) {
  // Before anything secret is read.
  ebbgate::allow_core_dumps(false);
  const ebbgate::configuration::Source source = source_of(command);
  ebbgate::configuration::LoadResult loaded = ebbgate::configuration::load(source);
  demand_something_to_do(source, loaded);
  if (!loaded.settings) {
    log_errors(loaded);
    return kWrongUsage;
  }
  return ebbgate::run(std::move(*loaded.settings), source, loaded.warnings);
}

int check(const CommandLine& command) {
  const ebbgate::configuration::Source source = source_of(command);
  ebbgate::configuration::LoadResult loaded = ebbgate::configuration::load(source);
  demand_something_to_do(source, loaded);
  if (!command.config && source.file) std::cout << "# read from " << source.file->string() << "\n";
  return ebbgate::check(loaded, std::cout, std::cerr);
}

// What helps a command of which the configuration cannot be used.
std::string way_around(const CommandLine& command) {
  switch (command.command) {
    case Command::status:
    case Command::explain:
      return "ebbgate: where the running Ebbgate listens could not be read from the configuration; "
             "mend what is named above, or say it with --url, such as --url "
             "http://127.0.0.1:9911\n";
    case Command::release:
      return "ebbgate: where the running Ebbgate's admin socket is could not be read from the "
             "configuration; mend what is named above, or name the socket with --admin_socket\n";
    case Command::backup:
      return "ebbgate: where the database is could not be read from the configuration; mend what "
             "is named above, or name the database with --database\n";
    default:
      return "";
  }
}

int carry_out(const CommandLine& command) {
  if (command.command == Command::run) return run(command);
  if (command.command == Command::check) return check(command);
  if (command.command == Command::names) {
    ebbgate::commands::end_after(ebbgate::commands::kLimitOfShells);
  }
  const ebbgate::configuration::Source source = source_of(command);
  const ebbgate::configuration::LoadResult loaded = load_for(command, source);
  if (command.command == Command::names) {
    return loaded.settings
               ? ebbgate::commands::print_names(url_of(command, *loaded.settings), std::cout)
               : kFailed;
  }
  for (const std::string& error : loaded.errors) std::cerr << error << "\n";
  if (!loaded.settings) {
    std::cerr << way_around(command);
    return kWrongUsage;
  }
  const Settings& settings = *loaded.settings;
  switch (command.command) {
    case Command::status:
      return show_status(command, settings);
    case Command::explain:
      return explain(command, settings);
    case Command::simulate:
      return simulate(command, settings);
    case Command::release:
      return release(command, source, settings);
    case Command::backup:
      return ebbgate::backup(settings, command.copy, command.force, std::cout, std::cerr);
    case Command::run:
    case Command::check:
    case Command::completion:
    case Command::manual:
    case Command::names:
      break;
  }
  return kFailed;
}

int obey(const ebbgate::configuration::CommandLineResult& parsed) {
  std::cout << parsed.output;
  std::cerr << parsed.error;
  if (!parsed.command) return parsed.exit_code;
  switch (parsed.command->command) {
    case Command::completion:
      std::cout << ebbgate::commands::completion(parsed.command->shell,
                                                 ebbgate::configuration::describe_command_line());
      return kFine;
    case Command::manual:
      std::cout << ebbgate::commands::manual(ebbgate::configuration::describe_command_line());
      return kFine;
    default:
      return carry_out(*parsed.command);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (!ebbgate::open_standard_descriptors()) return kFailed;
  try {
    const auto parsed = ebbgate::configuration::parse_command_line(
        std::vector<std::string>(argv + 1, argv + argc), ebbgate::kVersion);
    const bool is_service = parsed.command && parsed.command->command == Command::run;
    ebbgate::reset_signals(is_service ? ebbgate::Lifetime::service : ebbgate::Lifetime::command);
    const int code = obey(parsed);
    if (is_service) return code;
    // Output that was lost is a failure, be it a full disk or a pipe that nobody reads.
    if (std::cout.flush()) return code;
    std::cerr << "ebbgate: the output could not be written\n";
    return code == kFine ? kFailed : code;
  } catch (const std::exception& error) {
    std::cerr << "ebbgate: " << error.what() << "\n";
    return kFailed;
  }
}
