#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

#include <doctest/doctest.h>

#include "tests/unit/storage/support.h"

using namespace ebbgate;
using namespace ebbgate::storage;
using namespace ebbgate::storage::test;

namespace {

constexpr const char* kDatabase = "EBBGATE_TEST_DATABASE";
constexpr const char* kPipe = "EBBGATE_TEST_PIPE";
constexpr std::size_t kWorkloads = 7;

/// Commit n says level n % 64 of workload n % kWorkloads.
WorkloadRow row_of_commit(std::uint32_t number) {
  return row("w" + std::to_string(number % kWorkloads), static_cast<int>(number % 64));
}

/// The last messages wait for their peer: commit n brings message n and is done with the one that
/// is so many before, and with that before it, whose own commit a kill may have prevented.
constexpr std::uint32_t kMessages = 5;

Batch batch_of_commit(std::uint32_t number) {
  Batch batch = messages({message("sidecar", number)});
  batch.rows = {row_of_commit(number)};
  for (std::uint32_t back = kMessages; back <= kMessages + 1 && back < number; ++back) {
    batch.feedback_done.push_back({"sidecar", number - back});
  }
  return batch;
}

/// Whether the messages fit what was answered by a child that began behind `begin`.
bool fit(const std::vector<FeedbackRow>& found, std::uint32_t begin, std::uint32_t answered) {
  const std::int64_t oldest = std::int64_t{answered} - kMessages + 1;
  std::vector<std::uint64_t> missing;
  for (std::int64_t number = std::max<std::int64_t>(oldest, begin + 1); number <= answered;
       ++number) {
    missing.push_back(static_cast<std::uint64_t>(number));
  }
  for (const FeedbackRow& row : found) {
    const auto number = static_cast<std::int64_t>(row.number);
    if (row != message("sidecar", row.number) || number < oldest || number > answered + 1) {
      return false;
    }
    std::erase(missing, row.number);
  }
  // One further commit may have become durable without being answered.
  const bool further = !found.empty() && found.back().number == answered + 1;
  if (further) {
    std::erase(missing, static_cast<std::uint64_t>(oldest));
  }
  return missing.empty();
}

/// Tells each answered commit through a pipe.
class Reporter final : public StateStoreListener {
 public:
  Reporter(int pipe, std::uint32_t first) : pipe_(pipe), first_(first) {}
  void committed(Sequence sequence) override {
    const std::uint32_t number = first_ + static_cast<std::uint32_t>(sequence);
    if (::write(pipe_, &number, sizeof number) != sizeof number) {
      ::_exit(1);
    }
    listener_.committed(sequence);
  }
  void commit_failed(const std::string&) override { ::_exit(1); }
  void marked_lost(bool) override {}
  bool wait_for_commit(Sequence sequence) { return listener_.wait_for_commit(sequence); }

 private:
  const int pipe_;
  const std::uint32_t first_;
  Listener listener_;
};

/// This program again, running the test case below.
pid_t start_child(const Folder& folder, int pipe, std::uint32_t first) {
  const std::string database = std::string(kDatabase) + "=" + folder.database().string();
  const std::string reports =
      std::string(kPipe) + "=" + std::to_string(pipe) + "," + std::to_string(first);
  std::array<const char*, 5> arguments{
      "unit_storage", "--no-skip", "--test-case=commits until it is killed", "--minimal", nullptr};
  std::array<const char*, 3> environment{database.c_str(), reports.c_str(), nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr,
                        const_cast<char* const*>(arguments.data()),
                        const_cast<char* const*>(environment.data())) == 0);
  return child;
}

}  // namespace

TEST_CASE("commits until it is killed" * doctest::skip()) {
  const char* database = ::getenv(kDatabase);
  const char* reports = ::getenv(kPipe);
  if (database == nullptr || reports == nullptr) {
    return;
  }
  int pipe = 0;
  std::uint32_t first = 0;
  REQUIRE(std::sscanf(reports, "%d,%u", &pipe, &first) == 2);
  StoreThreadOptions options;
  options.checkpoint_pages = 20;
  StoreThread store(open_store(options_for(database)), options);
  Reporter reporter(pipe, first);
  store.start(reporter);
  while (true) {
    ++first;
    REQUIRE(reporter.wait_for_commit(store.submit(batch_of_commit(first))));
  }
}

TEST_CASE("kill -9 while it commits loses nothing that was answered") {
  const Folder folder;
  std::mt19937 random(7);
  std::uint32_t answered = 0;
  for (int kill = 0; kill < 15; ++kill) {
    CAPTURE(kill);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    REQUIRE(::fcntl(pipe[0], F_SETFD, FD_CLOEXEC) == 0);
    const pid_t child = start_child(folder, pipe[1], answered);
    ::close(pipe[1]);
    const std::uint32_t begin = answered;
    std::uint32_t number = 0;
    const std::uint32_t enough = answered + 10 + static_cast<std::uint32_t>(random() % 200);
    while (answered < enough && ::read(pipe[0], &number, sizeof number) == sizeof number) {
      answered = number;
    }
    CHECK(answered >= enough);
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
      answered = number;
    }
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);

    const Loaded loaded = open_store(options_for(folder.database())).loaded;
    CAPTURE(loaded.reason);
    REQUIRE(loaded.found == Found::good);
    const auto found = levels(loaded);
    // One further commit may have become durable without being answered.
    const WorkloadRow next = row_of_commit(answered + 1);
    for (std::uint32_t back = 0; back < std::min<std::uint32_t>(answered, kWorkloads); ++back) {
      const WorkloadRow expected = row_of_commit(answered - back);
      const int level = found.at(expected.key.name);
      const bool right =
          level == expected.level || (expected.key == next.key && level == next.level);
      CHECK(right);
    }
    CHECK(fit(loaded.feedback, begin, answered));
    // The next child goes on behind what may have been written.
    ++answered;
  }
}
