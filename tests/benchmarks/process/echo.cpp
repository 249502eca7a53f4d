// The peer that process_benchmark.py has feedback delivered to, and the least that a sender does:
//   benchmark_echo serve SOCKET COUNT   says that it listens, answers every line on every
//                                       connection, and prints the seconds from the first line to
//                                       the answer to the COUNTth of a connection
//   benchmark_echo send SOCKET COUNT LINE   sends a line, waits for its answer, and again
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

int make_socket() {
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) fail("socket");
  return made;
}

sockaddr_un address_of(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

void send_all(int socket, std::string_view text) {
  if (send(socket, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    fail("send");
  }
}

class Lines {
 public:
  explicit Lines(int socket) : socket_(socket) {}

  // Without the newline, valid until the next call; at the connection's end: nothing.
  std::string_view next() {
    std::size_t filled = 0;
    while (filled < buffer_.size()) {
      const ssize_t got = recv(socket_, buffer_.data() + filled, buffer_.size() - filled, 0);
      if (got <= 0) return {};
      filled += static_cast<std::size_t>(got);
      if (buffer_[filled - 1] == '\n') return {buffer_.data(), filled - 1};
    }
    fail("a line is too long");
  }

 private:
  const int socket_;
  std::array<char, 65536> buffer_{};
};

std::string_view job_id_of(std::string_view line) {
  constexpr std::string_view kKey = R"("job_id":")";
  const std::size_t found = line.find(kKey);
  if (found == line.npos) fail("a message has no job_id");
  line.remove_prefix(found + kKey.size());
  return line.substr(0, line.find('"'));
}

void answer_all(int socket, long count) {
  Lines lines(socket);
  std::string answer;
  Clock::time_point begin;
  long answered = 0;
  for (auto line = lines.next(); !line.empty(); line = lines.next()) {
    if (answered == 0) begin = Clock::now();
    answer = R"({"ok": true, "step": 1, "trained": true, "job_id": ")";
    answer.append(job_id_of(line)).append("\"}\n");
    send_all(socket, answer);
    if (++answered != count) continue;
    std::printf("%.9f\n", std::chrono::duration<double>(Clock::now() - begin).count());
    std::fflush(stdout);
  }
}

void serve(const char* path, long count) {
  const int listener = make_socket();
  const sockaddr_un address = address_of(path);
  unlink(path);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  if (listen(listener, 1) != 0) fail("listen");
  std::puts("listening");
  std::fflush(stdout);
  while (true) {
    const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) fail("accept");
    answer_all(accepted, count);
    close(accepted);
  }
}

void send_many(const char* path, long count, const char* text) {
  const int connected = make_socket();
  const sockaddr_un address = address_of(path);
  if (connect(connected, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  const std::string line = std::string(text) + "\n";
  Lines answers(connected);
  for (long sent = 0; sent < count; ++sent) {
    send_all(connected, line);
    if (answers.next().empty()) fail("no answer");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "serve" && argc == 4) serve(argv[2], std::atol(argv[3]));
  if (command == "send" && argc == 5) {
    send_many(argv[2], std::atol(argv[3]), argv[4]);
    return 0;
  }
  std::fputs("usage: benchmark_echo serve SOCKET COUNT | send SOCKET COUNT LINE\n", stderr);
  return 2;
}
