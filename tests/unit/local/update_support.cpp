#include "tests/unit/local/update_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "controller/local/process_table.h"

namespace ebbgate::local {

bool await(const std::function<bool()>& condition) {
  const BootTime limit = BootClock::now() + kLimit;
  while (!condition()) {
    if (BootClock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

bool runs(pid_t pid) {
  const auto status = process_status(pid);
  return status && !status->ended();
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "ebbgate-update-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Recorder::prepared(AttemptId attempt, std::string witness) {
  MutexLock lock(mutex_);
  witnesses_[attempt] = std::move(witness);
  changed_.notify_all();
}

void Recorder::answered(AttemptId attempt, Answer answer) {
  MutexLock lock(mutex_);
  answers_[attempt].push_back(std::move(answer));
  changed_.notify_all();
}

void Recorder::rolled_out(const WorkloadKey& key, bool ready, std::string why) {
  MutexLock lock(mutex_);
  rollouts_.push_back(key.name + (ready ? " ready" : " failed"));
  if (!ready) whys_.push_back(std::move(why));
  changed_.notify_all();
}

void Recorder::not_ready_yet(const WorkloadKey& /*key*/, std::string found) {
  MutexLock lock(mutex_);
  found_not_ready_.push_back(std::move(found));
  changed_.notify_all();
}

void Recorder::log(const std::string& line) {
  MutexLock lock(mutex_);
  lines_.push_back(line);
  changed_.notify_all();
}

void Recorder::await_changed(const std::function<bool()>& condition) {
  const BootTime limit = BootClock::now() + kLimit;
  while (!condition()) {
    if (BootClock::now() > limit) throw std::runtime_error("the updater did not say it in time");
    changed_.wait_for(mutex_, std::chrono::milliseconds(100));
  }
}

std::string Recorder::witness(AttemptId attempt) {
  MutexLock lock(mutex_);
  await_changed([&]() EBBGATE_REQUIRES(mutex_) { return witnesses_.count(attempt) > 0; });
  return witnesses_[attempt];
}

Answer Recorder::answer(AttemptId attempt) {
  MutexLock lock(mutex_);
  await_changed([&]() EBBGATE_REQUIRES(mutex_) { return answers_.count(attempt) > 0; });
  if (answers_[attempt].size() != 1) throw std::runtime_error("answered more than once");
  return answers_[attempt].front();
}

std::vector<std::string> Recorder::lines(std::size_t count) {
  MutexLock lock(mutex_);
  await_changed([&]() EBBGATE_REQUIRES(mutex_) { return lines_.size() >= count; });
  return lines_;
}

std::vector<std::string> Recorder::whys() {
  MutexLock lock(mutex_);
  return whys_;
}

std::vector<std::string> Recorder::found_not_ready(std::size_t count) {
  MutexLock lock(mutex_);
  await_changed([&]() EBBGATE_REQUIRES(mutex_) { return found_not_ready_.size() >= count; });
  return found_not_ready_;
}

std::vector<std::string> Recorder::rollouts(std::size_t count) {
  MutexLock lock(mutex_);
  await_changed([&]() EBBGATE_REQUIRES(mutex_) { return rollouts_.size() >= count; });
  return rollouts_;
}

bool Recorder::was_answered(AttemptId attempt) {
  MutexLock lock(mutex_);
  return answers_.count(attempt) > 0;
}

std::size_t Recorder::lines_so_far() {
  MutexLock lock(mutex_);
  return lines_.size();
}

AttemptId Bench::prepare(const LocalWorkload& workload, int level) {
  updater.prepare({++last, Updater::key_of(workload), level}, workload);
  return last;
}

AttemptId Bench::send(const LocalWorkload& workload, const Digest& fingerprint) {
  const AttemptId id = prepare(workload);
  recorder.witness(id);
  updater.send(id, fingerprint);
  return id;
}

LocalWorkload command_workload(std::vector<std::string> arguments) {
  LocalWorkload workload;
  workload.name = "web";
  workload.update.exec = std::move(arguments);
  workload.update.timeout = kLimit * 2;
  return workload;
}

LocalWorkload shell_workload(const std::string& script) {
  return command_workload({"sh", "-c", script});
}

LocalWorkload http_workload(const std::string& url) {
  LocalWorkload workload;
  workload.name = "web";
  workload.update.http.emplace();
  workload.update.http->url = url;
  workload.update.timeout = kLimit * 2;
  return workload;
}

pid_t pid_of(const std::string& witness) {
  return std::stoi(witness);
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 100) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string RawServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<std::string> RawServer::requests(std::size_t count) {
  std::vector<std::string> seen;
  await([&] {
    MutexLock lock(mutex_);
    seen = requests_;
    return seen.size() >= count;
  });
  return seen;
}

void RawServer::hang(int connection) {
  pollfd wait{connection, POLLIN, 0};
  while (!ending_ && ::poll(&wait, 1, 20) == 0) {
  }
}

void RawServer::serve() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    connections_.emplace_back([this, connection] {
      handle(connection);
      ::close(connection);
    });
  }
}

void RawServer::handle(int connection) {
  std::string head;
  std::array<char, 1024> buffer{};
  // A TLS handshake has no such end.
  while (head.find("\r\n\r\n") == std::string::npos && !head.starts_with('\x16')) {
    const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (!head.starts_with('\x16')) {
    MutexLock lock(mutex_);
    requests_.push_back(head);
  }
  handler_(*this, connection);
}

bool say(int connection, const std::string& text) {
  return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

RawServer::Handler answer_with(const std::string& status, const std::string& headers) {
  return [=](RawServer&, int connection) {
    say(connection, "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: 0\r\n\r\n");
  };
}

}  // namespace ebbgate::local
