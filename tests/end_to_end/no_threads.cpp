// Preloaded into Ebbgate: a system that has no thread left, as long as the file $NO_THREADS exists;
// or, with $NO_THREADS_AFTER, once so many were made.
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

bool exhausted() {
  static std::atomic<long> made = 0;
  const char* const flag = std::getenv("NO_THREADS");
  if (flag != nullptr && access(flag, F_OK) == 0) return true;
  const char* const most = std::getenv("NO_THREADS_AFTER");
  return most != nullptr && made++ >= std::strtol(most, nullptr, 10);
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* argument) noexcept {
  if (exhausted()) return EAGAIN;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return create(thread, attributes, run, argument);
}
