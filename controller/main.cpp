#include <unistd.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "controller/configuration/command_line.h"
#include "controller/configuration/load.h"
#include "controller/run.h"
#include "controller/version.h"

namespace {

using ebbgate::configuration::Command;
using ebbgate::configuration::CommandLine;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int carry_out(const CommandLine& command) {
  ebbgate::configuration::Source source;
  if (command.config) source.file = *command.config;
  source.flags = command.settings;
  source.environment = ebbgate::configuration::ebbgate_variables(environ);
  source.working_directory = std::filesystem::current_path();
  const ebbgate::configuration::LoadResult loaded = ebbgate::configuration::load(source);
  for (const std::string& error : loaded.errors) std::cerr << error << "\n";
  if (!loaded.settings) return kWrongUsage;
  const ebbgate::Settings& settings = *loaded.settings;
  switch (command.command) {
    case Command::run:
      return ebbgate::run(settings, source, loaded.warnings);
    default:
      return kFailed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = ebbgate::configuration::parse_command_line(
        std::vector<std::string>(argv + 1, argv + argc), ebbgate::kVersion);
    std::cout << parsed.output;
    std::cerr << parsed.error;
    if (!parsed.command) return parsed.exit_code;
    return carry_out(*parsed.command);
  } catch (const std::exception& error) {
    std::cerr << "ebbgate: " << error.what() << "\n";
    return kFailed;
  }
}
