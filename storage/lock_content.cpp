#include "storage/lock_content.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ebbgate::storage {

namespace {

constexpr std::string_view kBeginning = "Ebbgate's lock file";
constexpr std::array<std::string_view, 3> kLinesBehind{
    "\ndatabase exists: ", "\nclosed cleanly: ", "\nmarked as lost: "};
// Without a checksum, as earlier versions wrote it.
constexpr const char* kUncheckedLine = "Ebbgate's lock file: neither edit nor remove it.";
// A line of its own, so that no cut of a checked file looks like an unchecked one.
constexpr const char* kCheckedLine =
    "Ebbgate's lock file, with a checksum: neither edit nor remove it.";

std::string render_beginning(const char* first_line, const LockContent& content) {
  const auto word = [](bool value) { return value ? "yes" : "no "; };
  std::array<char, 256> text{};
  const int length =
      std::snprintf(text.data(), text.size(),
                    "%s\n"
                    "pid: %-10d\ndatabase exists: %s\nclosed cleanly: %s\nmarked as lost: %s\n",
                    first_line, content.pid, word(content.state.database_exists),
                    word(content.state.closed_cleanly), word(content.state.marked_lost));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string render_end(const LockContent& content) {
  std::array<char, 128> text{};
  const std::optional<Digest>& digest = content.state.digest;
  const int length = std::snprintf(text.data(), text.size(), "frames: %-10u\ndigest: %-64s\n",
                                   content.state.frames, digest ? digest->hex().c_str() : "none");
  return {text.data(), static_cast<std::size_t>(length)};
}

bool is_rendering(std::string_view text, const LockContent& content) {
  const std::string unchecked = render_beginning(kUncheckedLine, content);
  return text == render(content) || text == unchecked || text == unchecked + render_end(content);
}

// What stands behind `name`; empty: nothing does.
std::string field(std::string_view text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + ": ");
  if (at == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = text.substr(at + name.size() + 3);
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

}  // namespace

const std::size_t kBeginningOfLock = kBeginning.size();

// Every field has a fixed width.
std::string render(const LockContent& content) {
  const std::string text = render_beginning(kCheckedLine, content) + render_end(content);
  return text + "checksum: " + sha256(text).hex() + "\n";
}

// What is read is written again: only what comes out the same was understood.
std::optional<LockContent> parse_lock(std::string_view text) {
  LockContent content;
  if (std::sscanf(field(text, "pid").c_str(), "%d", &content.pid) != 1) {
    return std::nullopt;
  }
  static_cast<void>(std::sscanf(field(text, "frames").c_str(), "%u", &content.state.frames));
  content.state.database_exists = field(text, "database exists") == "yes";
  content.state.closed_cleanly = field(text, "closed cleanly") == "yes";
  content.state.marked_lost = field(text, "marked as lost") == "yes";
  content.state.digest = Digest::from_hex(field(text, "digest"));
  return is_rendering(text, content) ? std::optional(content) : std::nullopt;
}

// A file that was cut or zeroed says nothing else of whose it is; one with a few wrong bytes still
// has most of its first line, or a line behind it.
bool may_be_lock(std::string_view text) {
  if (text.size() <= kMostOfLock && text.find_first_not_of('\0') == std::string_view::npos) {
    return true;
  }
  const std::string_view first = text.substr(0, kBeginning.size());
  std::size_t zeroed = 0;
  std::size_t alike = 0;
  for (std::size_t place = 0; place < first.size(); ++place) {
    zeroed += first[place] == '\0' ? 1U : 0U;
    alike += first[place] == kBeginning[place] ? 1U : 0U;
  }
  const std::size_t legible = first.size() - zeroed;
  if (legible > 0 && alike * 4 >= legible * 3) {
    return true;
  }
  return text.size() <= kMostOfLock &&
         std::ranges::any_of(kLinesBehind, [&](std::string_view line) {
           return text.find(line) != std::string_view::npos;
         });
}

bool begins_as_lock(std::string_view text) {
  return text.starts_with(kBeginning);
}

}  // namespace ebbgate::storage
