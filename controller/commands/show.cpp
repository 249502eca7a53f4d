#include "controller/commands/show.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

constexpr std::size_t kDateAndTime = std::string_view("2026-12-24T18:00:00").size();

// Each line is erased from its end, not before it is written, and the rest of the screen at last:
// nothing flickers. A line that fills the window has no rest, and erasing would take its last
// character. The cursor is away only within this one text, so an end at any other time leaves it.
std::string repainted(const std::vector<Line>& lines, const Display& display) {
  std::string text = "\x1b[?25l\x1b[H";
  for (const Line& line : lines) {
    const Line shown = clipped(line, display.width);
    text += rendered(shown, display.colour);
    if (width_of(shown) < display.width) text += "\x1b[K";
    text += "\n";
  }
  return text + "\x1b[J\x1b[?25h";
}

class Show {
 public:
  Show(View& view, const ShowOptions& options, const std::string& command, const Clock& clock,
       std::ostream& out, std::ostream& err)
      : view_(view), options_(options), command_(command), clock_(clock), out_(out), err_(err) {}

  int once() {
    if (!look()) {
      err_ << command_ << ": " << error_ << "\n" << std::flush;
      return answer_.exit_code;
    }
    print();
    return kFine;
  }

  void again() {
    const bool good = look();
    if (!options_.json && options_.display().repaint) return print();
    if (good) {
      if (!options_.json) out_ << "\n";
      print();
    }
    if (good == !told_) return;
    // Each outage is told once.
    err_ << command_ << ": "
         << (good ? "it answers again, after " + rough(seen_ - lost_) : error_ + "; trying on")
         << "\n"
         << std::flush;
    told_ = !good;
  }

 private:
  bool look() {
    answer_ = view_.look();
    const WallTime now = clock_.now().wall;
    if (answer_.error.empty()) {
      seen_ = now;
      failing_ = false;
      return true;
    }
    error_ = printable(answer_.error);
    if (!failing_) lost_ = now;
    failing_ = true;
    return false;
  }

  std::vector<Line> stale(const Display& display) const {
    const std::string words = "what follows is of " + format_time(seen_) + ", " +
                              rough(clock_.now().wall - seen_) + " ago: " + error_;
    std::vector<Line> lines = paragraph({"OLD  ", Tone::bad}, words, Tone::bad, display.width);
    lines.emplace_back();
    return lines;
  }

  void print() {
    if (options_.json) {
      out_ << view_.as_json() << "\n" << std::flush;
      return;
    }
    const Display display = options_.display();
    // The times are those of when it was seen: a wait that nobody knows of goes on in no table.
    Page page = view_.page(seen_, display);
    if (options_.watch && !options_.place.empty()) {
      page.head.insert(page.head.begin(), {{printable(options_.place) + "  ", Tone::quiet},
                                           {format_time(seen_).substr(0, kDateAndTime) + "Z"}});
    }
    const bool repaint = options_.watch && display.repaint;
    if (!repaint) {
      for (const Line& line : fitted(page, kAnyWidth)) {
        out_ << rendered(line, display.colour) << "\n";
      }
      out_ << std::flush;
      return;
    }
    if (failing_) {
      const std::vector<Line> note = stale(display);
      page.head.insert(page.head.begin(), note.begin(), note.end());
    }
    // What stood on the screen goes up, out of the way.
    if (!std::exchange(painted_, true)) out_ << std::string(display.height, '\n');
    // The last line of the window is the cursor's.
    out_ << repainted(fitted(page, display.height - 1), display) << std::flush;
  }

  View& view_;
  const ShowOptions& options_;
  const std::string command_;
  const Clock& clock_;
  std::ostream& out_;
  std::ostream& err_;
  Answer answer_;
  std::string error_;
  WallTime seen_;
  WallTime lost_;
  bool failing_ = false;
  bool told_ = false;
  bool painted_ = false;
};

}  // namespace

int show(View& view, const ShowOptions& options, const std::string& command, const Clock& clock,
         std::ostream& out, std::ostream& err) {
  Show show(view, options, command, clock, out, err);
  const int code = show.once();
  if (code != kFine || !options.watch) return code;
  while (options.wait()) show.again();
  return kFine;
}

}  // namespace ebbgate::commands
