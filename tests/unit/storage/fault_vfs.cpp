#include "tests/unit/storage/fault_vfs.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>

#include <sqlite3.h>

#include "tests/unit/storage/support.h"

namespace ebbgate::storage::test {

namespace {

using Operation = FaultVfs::Operation;

std::string unique_name() {
  static std::atomic<int> count{0};
  return "faulty-" + std::to_string(++count);
}

struct File {
  sqlite3_file base;  // what SQLite knows; must be first
  FaultVfs* vfs;
  std::string* name;
  sqlite3_file* real;  // lies behind this struct, in the memory that SQLite gave
};

File& self(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return self(file).real;
}

int close_file(sqlite3_file* file) {
  delete self(file).name;
  return real(file)->pMethods->xClose(real(file));
}
int read_from(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), to, size, offset);
}
int write_to(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  if (const int fault = self(file).vfs->before_write(*self(file).name)) {
    return fault;
  }
  self(file).vfs->remember(
      {Operation::Kind::write, *self(file).name, static_cast<std::size_t>(offset),
       std::string(static_cast<const char*>(from), static_cast<std::size_t>(size))});
  return real(file)->pMethods->xWrite(real(file), from, size, offset);
}
int truncate_to(sqlite3_file* file, sqlite3_int64 size) {
  self(file).vfs->remember(
      {Operation::Kind::truncate, *self(file).name, 0, "", static_cast<std::uint64_t>(size)});
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  if (const int fault = self(file).vfs->before_sync()) {
    return fault;
  }
  const int result = real(file)->pMethods->xSync(real(file), flags);
  self(file).vfs->remember({Operation::Kind::sync, *self(file).name, 0, ""});
  return result;
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
// Of unsynced writes a loss of power keeps any, but it damages nothing beside them.
int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods kMethods = {
    2,           close_file,  read_from,    write_to, truncate_to, sync_file,       size_of,
    lock_file,   unlock_file, check_lock,   control,  sector_size, characteristics, map_shared,
    lock_shared, barrier,     unmap_shared, nullptr,  nullptr};

}  // namespace

struct FaultVfs::Registration {
  sqlite3_vfs vfs;  // must be first
  sqlite3_vfs* original;
  FaultVfs* owner;

  static Registration& of(sqlite3_vfs* vfs) { return *reinterpret_cast<Registration*>(vfs); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    File& mine = self(file);
    mine.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
    mine.base.pMethods = nullptr;
    sqlite3_vfs* original = of(vfs).original;
    const int result = original->xOpen(original, name, mine.real, flags, out);
    if (result == SQLITE_OK) {
      mine.vfs = of(vfs).owner;
      mine.vfs->opened(name != nullptr ? name : "");
      mine.name = new std::string(name != nullptr ? fs::path(name).filename().string() : "");
      mine.base.pMethods = &kMethods;
    }
    return result;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    sqlite3_vfs* original = of(vfs).original;
    const int result = original->xDelete(original, name, sync_directory);
    of(vfs).owner->remember({Operation::Kind::remove, fs::path(name).filename().string(), 0, ""});
    return result;
  }
};

FaultVfs::FaultVfs() : name_(unique_name()), registration_(new Registration) {
  sqlite3_vfs* original = sqlite3_vfs_find(nullptr);
  *registration_ = {*original, original, this};
  registration_->vfs.zName = name_.c_str();
  registration_->vfs.szOsFile = static_cast<int>(sizeof(File)) + original->szOsFile;
  registration_->vfs.xOpen = &Registration::open;
  registration_->vfs.xDelete = &Registration::remove;
  registration_->vfs.pNext = nullptr;
  sqlite3_vfs_register(&registration_->vfs, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&registration_->vfs);
  delete registration_;
}

void FaultVfs::set_full(bool full) {
  const MutexLock lock(mutex_);
  full_ = full;
}

void FaultVfs::set_checkpoints_fail(bool fail) {
  const MutexLock lock(mutex_);
  checkpoints_fail_ = fail;
}

void FaultVfs::set_sync_fails(bool fails) {
  const MutexLock lock(mutex_);
  sync_fails_ = fails;
}

void FaultVfs::set_hanging(bool hanging) {
  const MutexLock lock(mutex_);
  hanging_ = hanging;
  changed_.notify_all();
}

bool FaultVfs::wait_until_it_hangs() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const MutexLock lock(mutex_);
  while (waiting_ == 0 && std::chrono::steady_clock::now() < deadline) {
    changed_.wait_for(mutex_, std::chrono::milliseconds(100));
  }
  return waiting_ > 0;
}

int FaultVfs::before_write(const std::string& file) {
  const MutexLock lock(mutex_);
  return full_ || (checkpoints_fail_ && file.ends_with(".db")) ? SQLITE_FULL : SQLITE_OK;
}

int FaultVfs::before_sync() {
  const MutexLock lock(mutex_);
  ++waiting_;
  while (hanging_) {
    changed_.notify_all();
    changed_.wait(mutex_);
  }
  --waiting_;
  return sync_fails_ ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

void FaultVfs::record(fs::path lock_file) {
  const MutexLock lock(mutex_);
  recording_ = true;
  lock_file_ = std::move(lock_file);
  look_at_lock_file();
}

void FaultVfs::look_at_lock_file() {
  std::string content = read_file(lock_file_);
  if (content != lock_content_) {
    lock_content_ = content;
    operations_.push_back(
        {Operation::Kind::lock_file, lock_file_.filename().string(), 0, std::move(content)});
  }
}

void FaultVfs::remember(Operation operation) {
  const MutexLock lock(mutex_);
  if (recording_) {
    look_at_lock_file();
    operations_.push_back(std::move(operation));
  }
}

// SQLite renames nothing; what has taken the name of a database is the draft that was made of it.
void FaultVfs::opened(const fs::path& file) {
  const std::string draft = file.filename().string() + ".new";
  bool written = false;
  for (const Operation& operation : operations()) {
    written = (written || operation.file == draft) &&
              !(operation.kind == Operation::Kind::rename && operation.bytes == draft);
  }
  if (written && !fs::exists(file.string() + ".new")) {
    remember({Operation::Kind::rename, file.filename().string(), 0, draft});
  }
}

void FaultVfs::note(std::uint64_t number) {
  remember({Operation::Kind::note, "", 0, "", number});
}

std::vector<Operation> FaultVfs::operations() {
  const MutexLock lock(mutex_);
  look_at_lock_file();
  return operations_;
}

namespace {

void apply(const Operation& operation, std::string& content) {
  if (operation.kind == Operation::Kind::truncate) {
    content.resize(operation.number);
    return;
  }
  content.resize(std::max(content.size(), operation.offset + operation.bytes.size()));
  content.replace(operation.offset, operation.bytes.size(), operation.bytes);
}

}  // namespace

void lose_power(const std::vector<Operation>& operations, std::size_t count,
                const std::function<bool(std::size_t)>& survives, const fs::path& folder) {
  struct Disk {
    std::string synced;
    std::vector<std::size_t> unsynced;
  };
  std::map<std::string, Disk> files;
  for (std::size_t i = 0; i < count; ++i) {
    const Operation& operation = operations[i];
    switch (operation.kind) {
      case Operation::Kind::write:
      case Operation::Kind::truncate:
        files[operation.file].unsynced.push_back(i);
        break;
      case Operation::Kind::sync: {
        Disk& disk = files[operation.file];
        for (const std::size_t write : disk.unsynced) {
          apply(operations[write], disk.synced);
        }
        disk.unsynced.clear();
        break;
      }
      case Operation::Kind::remove:
        files.erase(operation.file);
        break;
      case Operation::Kind::rename:
        files[operation.file] = std::exchange(files[operation.bytes], {});
        files.erase(operation.bytes);
        break;
      case Operation::Kind::lock_file:
        files[operation.file] = {operation.bytes, {}};
        break;
      case Operation::Kind::note:
        break;
    }
  }
  for (auto& [name, disk] : files) {
    for (const std::size_t write : disk.unsynced) {
      if (survives(write)) {
        apply(operations[write], disk.synced);
      }
    }
    write_file(folder / name, disk.synced);
  }
}

}  // namespace ebbgate::storage::test
