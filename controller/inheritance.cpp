#include "controller/inheritance.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <initializer_list>

namespace ebbgate {

bool open_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // It gets the lowest free number, which is this one.
    const int mode = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", mode) != descriptor) return false;
  }
  return true;
}

void reset_signals(Lifetime lifetime) {
  for (int signal_number = 1; signal_number < NSIG; ++signal_number) {
    const bool on_purpose = signal_number == SIGHUP || signal_number == SIGINT ||
                            signal_number == SIGQUIT || signal_number == SIGPIPE;
    if (on_purpose && lifetime == Lifetime::command) continue;
    struct sigaction action {};
    // Handlers are never inherited: those that are there already belong to this program.
    if (sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      signal(signal_number, SIG_DFL);
    }
  }
  // A file that may not grow any more is an error like a full disk, which is told and survived.
  signal(SIGXFSZ, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  if (lifetime == Lifetime::service) sigaddset(&blocked, SIGHUP);
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

void allow_core_dumps(bool allowed) {
  prctl(PR_SET_DUMPABLE, allowed ? 1 : 0);
}

}  // namespace ebbgate
