#include "controller/run.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "controller/configuration/reload_rules.h"
#include "controller/log.h"
#include "controller/process.h"
#include "controller/version.h"

namespace ebbgate {

namespace {

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// A burst of commands takes a few descriptors each; the usual soft limit is made for select().
void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);
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

// Ends the process where its orderly end hangs, as in a watched file system that does not answer.
class LastResort final {
 public:
  explicit LastResort(Log& log) : log_(log), thread_([this] { wait(); }) {}
  ~LastResort() {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

 private:
  void wait() EBBGATE_EXCLUDES(mutex_) {
    const BootTime deadline = BootClock::now() + std::chrono::milliseconds(4800);
    const MutexLock lock(mutex_);
    while (!ended_) {
      const Duration left = deadline - BootClock::now();
      if (left <= Duration::zero()) {
        log_.error(
            "it did not end in time (does a watched file system hang?) and is ended hard; what was "
            "committed stays, and the next start treats it as after a crash");
        _exit(1);
      }
      changed_.wait_for(mutex_, left);
    }
  }

  Log& log_;
  Mutex mutex_;
  Condition changed_;
  bool ended_ EBBGATE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

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
// its pid, and a signal that is pending stays so.
int begin_anew(Log& log) {
  std::ifstream file("/proc/self/cmdline");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    arguments.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  log.error("it cannot begin anew as a standby; start it again");
  return 1;
}

// Takes over what the source says now, or says why not and leaves everything as it is.
void reload(const configuration::Source& source, Settings& in_force, Process& process, Log& log) {
  configuration::LoadResult loaded = configuration::load(source);
  if (loaded.settings) {
    loaded.errors = configuration::needs_restart(in_force, *loaded.settings);
  }
  for (const std::string& warning : loaded.warnings) log.warn(warning);
  for (const std::string& error : loaded.errors) log.error(error);
  if (!loaded.errors.empty() || !loaded.settings) {
    log.error("the configuration was not reloaded; the one in force stays");
    process.reload_failed();
    return;
  }
  in_force = *loaded.settings;
  process.reconfigure(in_force);
  log.info("the configuration was reloaded");
}

}  // namespace

int run(Settings settings, const configuration::Source& source,
        const std::vector<std::string>& warnings) {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  keep_memory_small();
  Log log(settings.log);
  for (const std::string& warning : warnings) log.warn(warning);
  log.info(
      "ebbgate starts",
      {{"version", kVersion}, {"provider", settings.provider}, {"database", settings.database}});
  try {
    std::atomic<bool> lost = false;
    Process process(settings, log, storage::open_store(store_options(settings)), [&] {
      lost = true;
      kill(getpid(), SIGTERM);
    });
    if (const auto problem = process.start(settings)) {
      log.error("cannot start: " + *problem);
      return process.stop() ? 1 : (_exit(1), 1);
    }
    while (true) {
      int signal_number = 0;
      if (sigwait(&signals, &signal_number) != 0) continue;
      if (lost) break;
      if (signal_number != SIGHUP) {
        log.info("ending", {{"signal", signal_number == SIGTERM ? "TERM" : "INT"}});
        break;
      }
      reload(source, settings, process, log);
    }
    const LastResort last_resort(log);
    if (!process.stop()) {
      log.error(
          "the state could not be written and closed in time; the next start treats it as after a "
          "crash, and may wait longer");
      _exit(1);
    }
    log.info("ended");
    return lost ? begin_anew(log) : 0;
  } catch (const std::exception& error) {
    log.error(std::string("cannot start: ") + error.what());
    return 1;
  }
}

}  // namespace ebbgate
