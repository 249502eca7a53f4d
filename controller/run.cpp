#include "controller/run.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/descriptor_limit.h"
#include "base/text.h"
#include "controller/configuration/reload_rules.h"
#include "controller/descriptor_needs.h"
#include "controller/inheritance.h"
#include "controller/last_resort.h"
#include "controller/log.h"
#include "controller/log_line.h"
#include "controller/process.h"
#include "controller/reloader.h"
#include "controller/system_failure.h"
#include "controller/version.h"

namespace ebbgate {

namespace {

constexpr Duration kPatienceForLog = std::chrono::milliseconds(200);

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Pages of lists are large and short-lived: what they took is given back at once, and not kept in
// an arena for each thread.
void keep_memory_small() {
  constexpr int kArenas = 2;
  constexpr int kLarge = 128 * 1024;
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kLarge);
  mallopt(M_TRIM_THRESHOLD, kLarge);
}

storage::StoreOptions store_options(const Settings& settings) {
  storage::StoreOptions options;
  options.database.file = settings.database;
  options.database.provider = settings.provider;
  options.database.boot_id = boot_id();
  options.database.history = {static_cast<std::size_t>(settings.history.keep),
                              static_cast<std::size_t>(settings.history.per_workload)};
  options.now = SystemClock().now().wall;
  return options;
}

// A process leads at most once: what was known in a term is worth nothing in the next one. It keeps
// its pid. A signal that asked it to end is obeyed instead.
int begin_anew(Log& log) {
  sigset_t pending;
  sigpending(&pending);
  if (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1) return 0;
  std::ifstream file("/proc/self/cmdline");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    arguments.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  log.flush(kPatienceForLog);
  // The next one is to know it, too.
  setrlimit(RLIMIT_NOFILE, &original_descriptor_limit());
  execv("/proc/self/exe", argv.data());
  log.error("it cannot start again as a standby; restart it");
  return 1;
}

// What people see of a configuration that was refused, until there is a better one.
std::string summary(const std::vector<std::string>& errors, WallTime now) {
  std::string text = "the configuration was not reloaded at " + format_time(now) +
                     ", and the one before stays in force: " + errors.front();
  if (errors.size() > 1) text += " (the log has all that is wrong)";
  return text + "; mend it, and make Ebbgate read it again: kill -HUP " +
         std::to_string(::getpid()) + ", or systemctl reload ebbgate";
}

// Takes over what was read, or says why not and leaves everything as it is.
void reload(configuration::LoadResult loaded, Settings& in_force, Process& process, Log& log) {
  if (loaded.settings) {
    loaded.errors = configuration::needs_restart(in_force, *loaded.settings);
  }
  if (loaded.settings && loaded.errors.empty()) {
    if (const auto problem = process.reconfigure(*loaded.settings)) {
      loaded.errors.push_back(*problem);
    }
  }
  for (const std::string& warning : loaded.warnings) log.warn(warning);
  for (const std::string& error : loaded.errors) log.error(error);
  if (!loaded.errors.empty()) {
    log.error("the configuration was not reloaded; the one in force stays");
    process.reload_failed(summary(loaded.errors, SystemClock().now().wall));
    return;
  }
  in_force = *loaded.settings;
  allow_core_dumps(in_force.core_dumps);
  log.info("the configuration was reloaded");
}

std::optional<int> taken_signal(const Descriptor& signals) {
  signalfd_siginfo info{};
  const ssize_t count = ::read(signals.get(), &info, sizeof info);
  if (count != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

// Until a signal asks it to end, which is returned; or until `lost` is readable: then nothing is.
std::optional<int> serve(const Descriptor& signals, const Descriptor& lost, Reloader& reloader,
                         Settings& settings, Process& process, Log& log) {
  std::array<pollfd, 3> awaited{
      {{signals.get(), POLLIN, 0}, {lost.get(), POLLIN, 0}, {reloader.descriptor(), POLLIN, 0}}};
  while (true) {
    if (::poll(awaited.data(), awaited.size(), -1) < 0) continue;
    if (auto loaded = reloader.take()) reload(std::move(*loaded), settings, process, log);
    const auto signal_number = taken_signal(signals);
    if (signal_number == SIGHUP) {
      reloader.begin();
    } else if (signal_number || awaited[1].revents != 0) {
      return signal_number;
    }
  }
}

[[noreturn]] void end_at_once(Log& log, int code) {
  log.flush(kPatienceForLog);
  _exit(code);
}

// Throws std::runtime_error where there is no thread for the log.
int run_with_log(Settings settings, const configuration::Source& source,
                 const std::vector<std::string>& warnings) {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  allow_core_dumps(settings.core_dumps);
  keep_memory_small();
  Log log(settings.log);
  for (const std::string& warning : warnings) log.warn(warning);
  log.info("ebbgate starts", {{"version", kVersion},
                              {"provider", settings.provider},
                              {"configuration", source.file ? source.file->string() : "none"},
                              {"database", settings.database}});
  if (const auto lack = lack_of_descriptors(settings)) {
    log.error("cannot start: " + *lack);
    return 1;
  }
  try {
    LastResort last_resort(log);
    const Descriptor incoming(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    Reloader reloader(source);
    const Descriptor lost(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    Process process(settings, log, storage::open_store(store_options(settings)),
                    [&] { eventfd_write(lost.get(), 1); });
    if (const auto problem = process.start(settings)) {
      log.error("cannot start: " + *problem);
      if (!process.stop()) end_at_once(log, 1);
      return 1;
    }
    const std::optional<int> ending = serve(incoming, lost, reloader, settings, process, log);
    last_resort.begin();
    if (ending) log.info("ending", {{"signal", *ending == SIGTERM ? "TERM" : "INT"}});
    if (!process.stop()) {
      log.error(
          "the state could not be written and closed in time; the next start treats it as after a "
          "crash, and may wait longer");
      end_at_once(log, 1);
    }
    log.info("ended");
    const int code = ending ? 0 : begin_anew(log);
    if (reloader.reading() || process.left_threads()) end_at_once(log, code);
    return code;
  } catch (const storage::CannotOpen& error) {
    log.error(std::string("cannot start: ") + error.what());
    return error.why() == storage::CannotOpen::Why::misnamed ? 2 : 1;
  } catch (const std::exception& error) {
    log.error("cannot start: " + told(error));
    return 1;
  }
}

}  // namespace

int run(Settings settings, const configuration::Source& source,
        const std::vector<std::string>& warnings) {
  const LogFormat format = settings.log.format;
  try {
    return run_with_log(std::move(settings), source, warnings);
  } catch (const std::runtime_error& error) {
    // There is no log.
    std::cerr << log_line(format, SystemClock().now().wall, "error",
                          std::string("cannot start: ") + error.what(), {})
              << "\n";
    return 1;
  }
}

}  // namespace ebbgate
