#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "controller/local/updater.h"

namespace ebbgate::local {

inline constexpr auto kLimit = std::chrono::seconds(60);

/// Waits until the condition holds, looking again and again; false when it does not within kLimit.
bool await(const std::function<bool()>& condition);

/// Whether a process runs; a zombie does not.
bool runs(pid_t pid);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Keeps what an updater says, for a test to wait on.
class Recorder final : public ProviderListener {
 public:
  void observed(Observation) override {}
  void gone(const WorkloadKey&) override {}
  void listed() override {}
  void prepared(AttemptId attempt, std::string witness) override;
  void answered(AttemptId attempt, Answer answer) override;
  void rolled_out(const WorkloadKey& key, bool ready, std::string why) override;
  void not_ready_yet(const WorkloadKey& key, std::string found) override;
  void log(const std::string& line);

  /// Waits for the attempt's witness, or its answer; throws when they do not come.
  std::string witness(AttemptId attempt);
  Answer answer(AttemptId attempt);
  /// Waits for that many lines.
  std::vector<std::string> lines(std::size_t count);

  std::vector<std::string> rollouts(std::size_t count);
  /// Why rollouts failed, one after the other.
  std::vector<std::string> whys();
  /// Waits for that many.
  std::vector<std::string> found_not_ready(std::size_t count);
  bool was_answered(AttemptId attempt);
  std::size_t lines_so_far();

 private:
  void await_changed(const std::function<bool()>& condition) EBBGATE_REQUIRES(mutex_);

  Mutex mutex_;
  Condition changed_;
  std::map<AttemptId, std::string> witnesses_ EBBGATE_GUARDED_BY(mutex_);
  std::map<AttemptId, std::vector<Answer>> answers_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> rollouts_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> whys_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> found_not_ready_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::string> lines_ EBBGATE_GUARDED_BY(mutex_);
};

/// An updater with its recorder, and short ways to use it.
struct Bench {
  Recorder recorder;
  Updater updater{recorder, [this](const std::string& line) { recorder.log(line); }};
  AttemptId last = 0;

  AttemptId prepare(const LocalWorkload& workload, int level = 1);
  /// Prepares, waits until that is done, and sends.
  AttemptId send(const LocalWorkload& workload, const Digest& fingerprint = {});
  Answer update(const LocalWorkload& workload) { return recorder.answer(send(workload)); }
};

LocalWorkload command_workload(std::vector<std::string> arguments);
LocalWorkload shell_workload(const std::string& script);
LocalWorkload http_workload(const std::string& url);

pid_t pid_of(const std::string& witness);

/// A server on a free port of 127.0.0.1: the handler has each connection to itself, on a thread of
/// its own, after the request's head was read.
class RawServer {
 public:
  using Handler = std::function<void(RawServer& server, int connection)>;

  explicit RawServer(Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url(const std::string& path = "/") const;
  int port() const { return port_; }
  /// Waits for that many requests and returns their heads.
  std::vector<std::string> requests(std::size_t count);
  /// Waits until the server ends or the other side closes the connection.
  void hang(int connection);
  bool ending() const { return ending_; }

 private:
  void serve();
  void handle(int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  Mutex mutex_;
  std::vector<std::string> requests_ EBBGATE_GUARDED_BY(mutex_);
  std::vector<std::thread> connections_;
  std::thread thread_;
};

/// False once the other side is gone.
bool say(int connection, const std::string& text);
/// A handler that answers with a status line and nothing else.
RawServer::Handler answer_with(const std::string& status, const std::string& headers = "");

}  // namespace ebbgate::local
