#include "controller/local/command_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <climits>

namespace ebbgate::local {
namespace {

constexpr int kReleaseDescriptor = 3;
constexpr int kFailureDescriptor = 4;
constexpr int kFirstUnused = 5;

[[noreturn]] void fail(int descriptor, const ChildFailure& failure) {
  [[maybe_unused]] const ssize_t put = ::write(descriptor, &failure, sizeof failure);
  _exit(127);
}

// By the kernel's call: glibc keeps two signals for itself and refuses to reset them, and whoever
// started this process may have had them ignored.
void reset_signals() {
  constexpr std::size_t kMaskSize = 8;
  constexpr std::array<unsigned long, 8> kStandard{};  // of the kernel's struct; all zero: SIG_DFL
  for (int signal = 1; signal < NSIG; ++signal) {
    syscall(SYS_rt_sigaction, signal, kStandard.data(), nullptr, kMaskSize);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_all(int first, int last) {
  if (first > last) return;
  syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0);
}

// So that there is room for copies, however full the parent's table is.
void close_others(const ChildPlan& plan) {
  std::array<int, 4> kept{plan.input, plan.output, plan.release, plan.failure};
  // std::sort() might allocate.
  for (std::size_t i = 1; i < kept.size(); ++i) {
    for (std::size_t j = i; j > 0 && kept[j - 1] > kept[j]; --j) std::swap(kept[j - 1], kept[j]);
  }
  int first = kFirstUnused;
  for (const int descriptor : kept) {
    close_all(first, descriptor - 1);
    first = std::max(first, descriptor + 1);
  }
  syscall(SYS_close_range, static_cast<unsigned>(first), UINT_MAX, 0);
}

// Puts the four descriptors in their places, whatever numbers they came with, and closes the rest.
bool arrange_descriptors(const ChildPlan& plan) {
  close_others(plan);
  const int input = fcntl(plan.input, F_DUPFD, kFirstUnused);
  const int output = fcntl(plan.output, F_DUPFD, kFirstUnused);
  const int release = fcntl(plan.release, F_DUPFD, kFirstUnused);
  const int failure = fcntl(plan.failure, F_DUPFD, kFirstUnused);
  if (input < 0 || output < 0 || release < 0 || failure < 0) return false;
  return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
         dup2(output, STDERR_FILENO) >= 0 && dup3(release, kReleaseDescriptor, O_CLOEXEC) >= 0 &&
         dup3(failure, kFailureDescriptor, O_CLOEXEC) >= 0 &&
         syscall(SYS_close_range, kFirstUnused, UINT_MAX, 0) == 0;
}

bool await_release(char* bytes) {
  std::size_t got = 0;
  while (got < kReleaseBytes) {
    const ssize_t count = ::read(kReleaseDescriptor, bytes + got, kReleaseBytes - got);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    got += static_cast<std::size_t>(count);
  }
  return true;
}

// Returns where none can be executed, with what counts of it: a program that is not there is passed
// over, and so is one that may not be executed, unless another one can.
ChildFailure execute(const ChildPlan& plan) {
  ChildFailure failure{ChildFailure::Step::program, ENOENT, 0};
  for (std::int32_t program = 0; plan.programs[program] != nullptr; ++program) {
    execve(plan.programs[program], plan.arguments, plan.environment);
    if (errno == ENOENT || errno == ENOTDIR || errno == ESTALE) continue;
    if (errno != EACCES) return {ChildFailure::Step::program, errno, program};
    if (failure.error != EACCES) failure = {ChildFailure::Step::program, EACCES, program};
  }
  return failure;
}

}  // namespace

void run_child(const ChildPlan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before that took hold.
  if (getppid() != plan.parent) _exit(127);
  reset_signals();
  if (!arrange_descriptors(plan)) {
    fail(plan.failure, {ChildFailure::Step::setup, errno, 0});
  }
  char fingerprint[kReleaseBytes];
  if (!await_release(fingerprint)) _exit(127);
  if (plan.fingerprint != nullptr) {
    for (std::size_t i = 0; i < kReleaseBytes; ++i) plan.fingerprint[i] = fingerprint[i];
  }
  setrlimit(RLIMIT_NOFILE, &plan.descriptor_limit);
  fail(kFailureDescriptor, execute(plan));
}

}  // namespace ebbgate::local
