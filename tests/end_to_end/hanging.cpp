// Preloaded into Ebbgate: a disk that hangs. As long as the file $HANGING names exists, syncing a
// file never comes back; or, with $HANGING_PATH, opening one whose path contains that does not, and
// with $HANGING_LOOKUPS no other look at it either; or, with $HANGING_STAT, stat() of such a one;
// or, with $HANGING_PROGRAM, executing such a one. $HANGING.reached then tells that somebody hangs.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void hang() {
  const char* flag = std::getenv("HANGING");
  if (flag == nullptr || access(flag, F_OK) != 0) return;
  [[maybe_unused]] const int told = symlink("reached", (std::string(flag) + ".reached").c_str());
  while (access(flag, F_OK) == 0) usleep(10'000);
}

bool concerned(const char* path) {
  const char* part = std::getenv("HANGING_PATH");
  return part != nullptr && std::strstr(path, part) != nullptr;
}

void hang_lookup(const char* path) {
  if (std::getenv("HANGING_LOOKUPS") != nullptr && concerned(path)) hang();
}

int open_next(const char* name, const char* path, int flags, va_list arguments) {
  if (concerned(path)) hang();
  const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0;
  return reinterpret_cast<int (*)(const char*, int, ...)>(dlsym(RTLD_NEXT, name))(path, flags,
                                                                                  mode);
}

int sync_next(const char* name, int descriptor) {
  for (const char* other : {"HANGING_PATH", "HANGING_STAT", "HANGING_PROGRAM"}) {
    if (std::getenv(other) != nullptr) {
      return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(descriptor);
    }
  }
  hang();
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(descriptor);
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  return sync_next("fsync", descriptor);
}
int fdatasync(int descriptor) {
  return sync_next("fdatasync", descriptor);
}

int lstat(const char* path, struct stat* status) noexcept {
  hang_lookup(path);
  return reinterpret_cast<int (*)(const char*, struct stat*)>(dlsym(RTLD_NEXT, "lstat"))(path,
                                                                                         status);
}
int inotify_add_watch(int descriptor, const char* path, uint32_t mask) noexcept {
  hang_lookup(path);
  return reinterpret_cast<int (*)(int, const char*, uint32_t)>(
      dlsym(RTLD_NEXT, "inotify_add_watch"))(descriptor, path, mask);
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int result = open_next("open", path, flags, arguments);
  va_end(arguments);
  return result;
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int result = open_next("open64", path, flags, arguments);
  va_end(arguments);
  return result;
}

int stat(const char* path, struct stat* status) {
  const char* part = std::getenv("HANGING_STAT");
  if (part != nullptr && std::strstr(path, part) != nullptr) hang();
  return reinterpret_cast<int (*)(const char*, struct stat*)>(dlsym(RTLD_NEXT, "stat"))(path,
                                                                                        status);
}

int execve(const char* path, char* const arguments[], char* const environment[]) {
  const char* part = std::getenv("HANGING_PROGRAM");
  if (part != nullptr && std::strstr(path, part) != nullptr) hang();
  using Execve = int (*)(const char*, char* const*, char* const*);
  return reinterpret_cast<Execve>(dlsym(RTLD_NEXT, "execve"))(path, arguments, environment);
}

}  // extern "C"
