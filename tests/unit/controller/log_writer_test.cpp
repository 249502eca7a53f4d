#include "controller/log_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "base/descriptor.h"
#include "controller/log.h"

using ebbgate::Descriptor;
using ebbgate::LogWriter;
using namespace std::chrono_literals;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  Descriptor read;
  Descriptor write;
};

std::string notice(std::uint64_t dropped) {
  return "dropped " + std::to_string(dropped);
}

// Blocks until the text holds `end`, or nobody writes any more.
std::string read_until(const Descriptor& from, const std::string& end) {
  std::string text;
  std::array<char, 65536> bytes{};
  while (text.find(end) == std::string::npos) {
    const ssize_t count = ::read(from.get(), bytes.data(), bytes.size());
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

struct Told {
  std::size_t lines = 0;
  std::uint64_t dropped = 0;  // as the notices say, all together
};

// Reads until there were so many lines beside the notices.
Told read_lines(const Descriptor& from, std::size_t lines) {
  Told told;
  std::string text;
  while (told.lines < lines) {
    text += read_until(from, "\n");
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos;) {
      const std::string line = text.substr(0, end);
      text.erase(0, end + 1);
      if (line.starts_with("dropped ")) {
        told.dropped += std::stoull(line.substr(8));
      } else {
        ++told.lines;
      }
    }
  }
  CHECK(text.empty());
  return told;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("lines come in order, and all of them before the writer goes") {
  Pipe pipe;
  {
    LogWriter writer(pipe.write.get(), notice);
    writer.write("one");
    writer.write("two");
  }
  pipe.write.reset();
  CHECK(read_until(pipe.read, "\n\n") == "one\ntwo\n");
}

TEST_CASE("a pipe that nobody reads holds up nobody, and what does not fit is counted and told") {
  Pipe pipe;
  LogWriter writer(pipe.write.get(), notice);
  const std::string line(999, 'x');
  constexpr std::size_t kLines = 3000;  // three times what there is room for
  for (std::size_t i = 0; i < kLines; ++i) writer.write(line);
  const std::uint64_t dropped = writer.dropped();
  CHECK(dropped > 1000);
  CHECK(dropped <= kLines - LogWriter::kRoom / 1000);
  writer.flush(1ms);  // gives up
  // Once somebody reads, all is there but what was dropped, which is told before the lines behind
  // it.
  const Told told = read_lines(pipe.read, kLines - dropped);
  CHECK(told.lines == kLines - dropped);
  CHECK(told.dropped == dropped);
  writer.flush(1h);
  writer.write("after");
  CHECK(read_until(pipe.read, "after\n") == "after\n");
  CHECK(writer.dropped() == dropped);
}

TEST_CASE("a writer whose thread hangs goes all the same") {
  Pipe pipe;
  {
    LogWriter writer(pipe.write.get(), notice, 1ms);
    for (int i = 0; i < 200; ++i) writer.write(std::string(999, 'x'));
  }
  // The thread goes on, with what belongs to it.
  CHECK(read_lines(pipe.read, 200).lines == 200);
  static_cast<void>(pipe.write.release());
}

TEST_CASE("lines that a closed descriptor refuses are counted") {
  Pipe pipe;
  LogWriter writer(pipe.read.get(), notice);
  writer.write("one");
  writer.write("two");
  writer.flush(1h);
  CHECK(writer.dropped() == 2);
}

TEST_CASE("a descriptor that somebody made non-blocking is waited for") {
  Pipe pipe;
  REQUIRE(fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK) == 0);
  LogWriter writer(pipe.write.get(), notice);
  for (int i = 0; i < 200; ++i) writer.write(std::string(999, 'x'));
  writer.write("end");
  CHECK(lines_in(read_until(pipe.read, "end\n")) == 201);
  CHECK(writer.dropped() == 0);
}

TEST_CASE("a log takes on another level and another format") {
  Pipe pipe;
  ebbgate::Log log({"info", ebbgate::LogFormat::text}, pipe.write.get());
  log.debug("no");
  CHECK_FALSE(log.enabled(ebbgate::LogLevel::debug));
  log.configure({"debug", ebbgate::LogFormat::json});
  log.debug("yes", {{"number", 1}});
  const std::string line = read_until(pipe.read, "\n");
  CHECK(line.find(R"("level":"debug","message":"yes","number":1})") != std::string::npos);
  CHECK(line.find("no") == std::string::npos);
}
