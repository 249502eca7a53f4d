#include "controller/commands/explanation.h"

#include <algorithm>
#include <utility>

#include "controller/commands/text_table.h"
#include "controller/commands/tones.h"
#include "controller/commands/words.h"

namespace ebbgate::commands {

namespace {

using Kind = Step::Kind;
using Blocks = std::vector<std::vector<Line>>;

constexpr std::size_t kFingerprintLength = 12;
constexpr std::size_t kIndent = 2;
// A column of reasons or names that is narrower is no pleasure to read.
constexpr std::size_t kGoodText = 22;
constexpr std::size_t kLeastText = 12;

std::string fingerprint(const std::string& digits) {
  return digits.empty() ? "unknown" : digits.substr(0, kFingerprintLength);
}

std::string when(const std::string& time, WallTime now) {
  return time + " (" + from_now(time, now) + ")";
}

// The words of a command as a shell takes them apart: what stands in quotes is not broken.
std::vector<std::string> shell_words(const std::string& text) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '\'') quoted = !quoted;
    if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

class Writer {
 public:
  Writer(const Explained& seen, WallTime now, std::size_t width)
      : workload_(seen.workload), history_(seen.history), now_(now), width_(width) {}

  Page page() {
    title();
    gates();
    advice();
    state();
    references();
    history();
    return std::move(page_);
  }

 private:
  void heading(const std::string& text) { page_.head.push_back({{text, Tone::strong}}); }
  void gap() { page_.head.emplace_back(); }

  void words(const Span& first, const std::string& text, Tone tone = Tone::plain) {
    for (Line& line : paragraph(first, text, tone, width_)) page_.head.push_back(std::move(line));
  }

  void add(const Blocks& blocks) {
    for (const auto& block : blocks) {
      page_.head.insert(page_.head.end(), block.begin(), block.end());
    }
  }

  void title() {
    const std::string level = ", level " + std::to_string(workload_.level);
    const Line line{{workload_.key(), Tone::strong},
                    {" is "},
                    {workload_.state, tone_of_state(workload_.state)},
                    {level}};
    if (width_of(line) <= width_) {
      page_.head.push_back(line);
    } else {
      words({}, workload_.key(), Tone::strong);
      page_.head.push_back({{"  is "}, {workload_.state, tone_of_state(workload_.state)}, {level}});
    }
    gap();
    answer();
  }

  // What it waits for, until when, and what to do, in a sentence each.
  void answer() {
    if (workload_.waits_for.empty()) return;
    std::string text = workload_.waits_for;
    if (!workload_.next_update.empty()) {
      text += (workload_.state == "failing" ? " Next try: " : " Next update: ") +
              due(workload_.next_update, now_) + ".";
    }
    words({}, text + " " + workload_.to_do);
    gap();
    if (workload_.last_error.empty() && workload_.failures == 0) return;
    if (workload_.failures > 0) {
      words({"  failing since  "}, when(workload_.failing_since, now_) + ", " +
                                       std::to_string(workload_.failures) +
                                       (workload_.failures == 1 ? " time" : " times in a row"));
    }
    words({"  last error     "}, workload_.last_error, Tone::bad);
    gap();
  }

  void gates() {
    const bool pending = !workload_.pending_since.empty();
    if (workload_.gates.empty()) {
      page_.head.push_back({{pending ? "No gate is closed." : "Nothing holds it."}});
    } else {
      heading("What holds it:");
      TextTable table({{"GATE"}, {"UNTIL"}, {""}, {"WHY", Overlong::wrap}},
                      {{Kind::shrink, 3, kGoodText, ""},
                       {Kind::drop, 1, 0, ""},
                       {Kind::shrink, 3, kLeastText, ""}});
      for (const SeenGate& gate : workload_.gates) {
        const bool known = !gate.until.empty();
        table.add({{gate.gate, Tone::waiting},
                   {known ? gate.until : "not known"},
                   {known ? from_now(gate.until, now_) : "", Tone::strong},
                   {gate.reason}});
      }
      add(table.blocks(width_, kIndent));
    }
    if (!pending) return;
    const std::string& next = workload_.next_update;
    const char* unknown = workload_.state == "updating" ? "under way" : "not known";
    words({"  next update    "}, next.empty() ? unknown : next + " (" + due(next, now_) + ")");
    words({"  pending since  "}, when(workload_.pending_since, now_));
  }

  void advice() {
    if (workload_.advice.empty()) return;
    gap();
    heading("What to do:");
    for (const SeenAdvice& each : workload_.advice) {
      words({"  "}, each.text);
      if (!each.command.empty()) command(each.command);
    }
  }

  // Where it is broken, a shell puts it together again.
  void command(const std::string& text) {
    const std::string indent(2 * kIndent, ' ');
    const std::size_t room = std::max(width_, kGoodText) - indent.size();
    constexpr std::size_t kContinued = 2;  // " \\"
    std::vector<std::string> lines{text};
    if (width_of(text) > room) {
      lines.clear();
      for (const std::string& word : shell_words(text)) {
        if (!lines.empty() && width_of(lines.back()) + 1 + width_of(word) + kContinued <= room) {
          lines.back() += " " + word;
        } else {
          lines.push_back(word);
        }
      }
    }
    for (std::size_t index = 0; index < lines.size(); ++index) {
      const char* end = index + 1 < lines.size() ? " \\" : "";
      page_.head.push_back({{indent + lines[index] + end, Tone::good}});
    }
  }

  void state() {
    gap();
    words({}, "applied " + fingerprint(workload_.applied) + ", desired " +
                  fingerprint(workload_.desired));
    if (workload_.last_update.empty()) {
      // A level without an update that is known of was made up.
      page_.head.push_back(
          {{workload_.level > 0 ? "last update not known" : "last update none yet"}});
    } else {
      words({"last update "}, when(workload_.last_update, now_) + ", " + workload_.last_outcome,
            tone_of_event(workload_.last_outcome));
    }
    words({}, "changes " + std::to_string(workload_.changes) + ", updates " +
                  std::to_string(workload_.updates) + ", suppressed " +
                  std::to_string(workload_.suppressed) + ", coalesced " +
                  std::to_string(workload_.coalesced) + " (since ebbgate started)");
  }

  void references() {
    gap();
    if (workload_.references.empty()) {
      page_.head.push_back({{"No references."}});
      return;
    }
    heading("References:");
    TextTable table({{"STATE"}, {"DIGEST"}, {"NAME", Overlong::wrap}},
                    {{Kind::shrink, 2, kGoodText, ""},
                     {Kind::drop, 1, 0, ""},
                     {Kind::shrink, 2, kLeastText, ""}});
    for (const SeenReference& reference : workload_.references) {
      table.add({{reference.state, reference.state == "applied" ? Tone::good : Tone::waiting},
                 {fingerprint(reference.digest)},
                 {reference.name}});
    }
    add(table.blocks(width_, kIndent));
  }

  void history() {
    gap();
    if (history_.empty()) {
      page_.head.push_back({{"No history yet."}});
      return;
    }
    heading("History, the newest first:");
    TextTable table({{"AT"}, {""}, {"EVENT"}, {"LEVEL"}, {"DETAIL", Overlong::wrap}},
                    {{Kind::shrink, 4, kGoodText, ""},
                     {Kind::drop, 0, 0, ""},
                     {Kind::shrink, 4, kLeastText, ""}});
    for (const SeenEvent& event : history_) {
      table.add({{event.at},
                 {from_now(event.at, now_), Tone::strong},
                 {event.event, tone_of_event(event.event)},
                 {std::to_string(event.level)},
                 {event.detail}});
    }
    Blocks blocks = table.blocks(width_, kIndent);
    add({blocks.front()});
    page_.rows.assign(blocks.begin() + 1, blocks.end());
  }

  const SeenWorkload& workload_;
  const std::vector<SeenEvent>& history_;
  const WallTime now_;
  const std::size_t width_;
  Page page_;
};

}  // namespace

Page explanation(const Explained& seen, WallTime now, std::size_t width) {
  return Writer(seen, now, width).page();
}

}  // namespace ebbgate::commands
