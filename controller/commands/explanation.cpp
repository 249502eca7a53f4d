#include "controller/commands/explanation.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "controller/commands/advice.h"
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

std::size_t longest_word(const std::string& text) {
  std::istringstream words(text);
  std::size_t longest = 0;
  for (std::string word; words >> word;) longest = std::max(longest, width_of(word));
  return longest;
}

class Writer {
 public:
  Writer(const Explained& seen, const std::string& release_command, WallTime now, std::size_t width)
      : workload_(seen.workload),
        history_(seen.history),
        release_command_(release_command),
        now_(now),
        width_(width) {}

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
  }

  void gates() {
    const bool pending = !workload_.pending_since.empty();
    if (workload_.gates.empty()) {
      page_.head.push_back({{pending ? "No gate is closed." : "Nothing waits."}});
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
    words({"  next update    "}, next.empty() ? "not known" : next + " (" + due(next, now_) + ")");
    words({"  pending since  "}, when(workload_.pending_since, now_));
  }

  void advice() {
    const std::vector<Advice> advice = advice_for(workload_, release_command_);
    if (advice.empty()) return;
    gap();
    heading("What to do:");
    for (const Advice& each : advice) {
      words({"  "}, each.text);
      if (!each.command.empty()) command(each.command);
    }
  }

  // Where it is broken, a shell puts it together again: between words, and not within quotes.
  void command(const std::string& text) {
    const std::string indent(2 * kIndent, ' ');
    const std::size_t room = std::max(width_, kGoodText) - indent.size();
    std::vector<std::string> pieces{text};
    if (width_of(text) > room && text.find('\'') == std::string::npos) {
      constexpr std::size_t kContinued = 2;
      pieces = wrapped(text, std::max(room - kContinued, longest_word(text)));
    }
    for (std::size_t index = 0; index < pieces.size(); ++index) {
      const char* end = index + 1 < pieces.size() ? " \\" : "";
      page_.head.push_back({{indent + pieces[index] + end, Tone::good}});
    }
  }

  void state() {
    gap();
    words({}, "applied " + fingerprint(workload_.applied) + ", desired " +
                  fingerprint(workload_.desired));
    if (workload_.last_update.empty()) {
      page_.head.push_back({{"last update none yet"}});
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
  const std::string& release_command_;
  const WallTime now_;
  const std::size_t width_;
  Page page_;
};

}  // namespace

Page explanation(const Explained& seen, const std::string& release_command, WallTime now,
                 std::size_t width) {
  return Writer(seen, release_command, now, width).page();
}

}  // namespace ebbgate::commands
