#include "controller/commands/display.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ebbgate::commands {

namespace {

constexpr WindowSize kUsual{80, 24};
constexpr int kSecond = 1000;

std::size_t number_of(const char* text, std::size_t otherwise) {
  const std::string_view digits = text == nullptr ? "" : text;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && number > 0 ? number : otherwise;
}

// Async-signal-safe: colours off, the cursor back, and the end that the signal means.
void end_by(int signal) {
  constexpr std::string_view kSane = "\x1b[0m\x1b[?25h\n";
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, kSane.data(), kSane.size());
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void look_again(int /*signal*/) {}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

Display terminal_display(const WindowSize& window,
                         const std::function<const char*(const char*)>& variable) {
  const auto text = [&](const char* name) {
    const char* value = variable(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  const bool able = !text("TERM").empty() && text("TERM") != "dumb";
  Display display;
  display.terminal = true;
  display.colour = able && text("NO_COLOR").empty();
  display.repaint = able;
  display.width = window.width > 0 ? window.width : number_of(variable("COLUMNS"), kUsual.width);
  display.height = window.height > 0 ? window.height : number_of(variable("LINES"), kUsual.height);
  return display;
}

Display standard_output() {
  if (::isatty(STDOUT_FILENO) != 1) return {};
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return terminal_display(known ? WindowSize{size.ws_col, size.ws_row} : WindowSize{},
                          [](const char* name) { return std::getenv(name); });
}

void end_sanely() {
  for (const int signal : {SIGINT, SIGTERM}) handle(signal, end_by);
  handle(SIGWINCH, look_again);
}

void wait_for_the_next_look() {
  ::poll(nullptr, 0, kSecond);
}

}  // namespace ebbgate::commands
