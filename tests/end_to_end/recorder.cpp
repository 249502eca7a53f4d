// Stands in for a command that makes a workload take on its configuration:
//   end_to_end_recorder LOG [FILE]
// appends one line to LOG as soon as it runs (CLOCK_MONOTONIC in nanoseconds, its pid, what Ebbgate
// tells it, and the first line that FILE has now), then does what LOG.mode says, if there is one:
// `sleep SECONDS`, `exit CODE`, or `child SECONDS` (starts a child that sleeps, and waits for it).
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? "-" : value;
}

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

void append(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  // One write, so that commands which run at once do not mix their lines.
  if (file < 0 || write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::exit(99);
  }
  close(file);
}

}  // namespace

int main(int argc, char** argv) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc < 2) {
    return 99;
  }
  const std::string log = argv[1];
  append(log, std::to_string(now.tv_sec * 1'000'000'000LL + now.tv_nsec) + ' ' +
                  std::to_string(getpid()) + ' ' + environment("EBBGATE_WORKLOAD") + ' ' +
                  environment("EBBGATE_LEVEL") + ' ' + environment("EBBGATE_FINGERPRINT") + ' ' +
                  (argc > 2 ? first_line(argv[2]) : "") + '\n');

  std::string what;
  double value = 0;
  std::ifstream(log + ".mode") >> what >> value;
  if (what == "exit") {
    return static_cast<int>(value);
  }
  if (what == "sleep") {
    usleep(static_cast<useconds_t>(value * 1e6));
  }
  if (what == "child") {
    const pid_t child = fork();
    if (child == 0) {
      append(log + ".child", std::to_string(getpid()) + '\n');
      usleep(static_cast<useconds_t>(value * 1e6));
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  }
  return 0;
}
