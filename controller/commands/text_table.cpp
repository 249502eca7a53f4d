#include "controller/commands/text_table.h"

#include <algorithm>
#include <utility>

namespace ebbgate::commands {

namespace {

constexpr std::size_t kGap = 2;

std::vector<std::string> fit(const std::string& text, std::size_t width, Overlong overlong) {
  switch (overlong) {
    case Overlong::end:
      return {shortened(text, width)};
    case Overlong::middle:
      return {shortened_in_the_middle(text, width)};
    case Overlong::wrap:
      break;
  }
  return wrapped(text, width);
}

}  // namespace

void TextTable::shrink(Layout& layout, const Step& step, std::size_t room) {
  std::size_t& width = layout.widths[step.column];
  if (step.kind != Step::Kind::shrink || layout.total <= room || width <= step.least) return;
  const std::size_t less = std::min(width - step.least, layout.total - room);
  width -= less;
  layout.total -= less;
}

TextTable::TextTable(std::vector<Column> columns, std::vector<Step> steps)
    : columns_(std::move(columns)), steps_(std::move(steps)) {}

void TextTable::measure(Layout& layout) const {
  layout.total = 0;
  layout.widths.assign(columns_.size(), 0);
  std::size_t shown = 0;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (!layout.shown[column]) continue;
    ++shown;
    std::size_t& width = layout.widths[column];
    width = width_of(layout.titles[column].text);
    for (const auto& row : rows_) width = std::max(width, width_of(row[column].text));
    layout.total += width;
  }
  layout.total += kGap * (std::max<std::size_t>(shown, 1) - 1);
}

TextTable::Layout TextTable::layout(std::size_t room) const {
  Layout layout;
  for (const Column& column : columns_) layout.titles.push_back({column.title, Tone::quiet});
  layout.shown.assign(columns_.size(), true);
  measure(layout);
  for (std::size_t taken = 0; taken < steps_.size() && layout.total > room; ++taken) {
    const Step& step = steps_[taken];
    if (step.kind == Step::Kind::drop) layout.shown[step.column] = false;
    if (step.kind == Step::Kind::retitle) layout.titles[step.column].text = step.title;
    // Anew: what others gave up before is not needed where a whole column goes.
    measure(layout);
    for (std::size_t index = 0; index <= taken; ++index) shrink(layout, steps_[index], room);
  }
  return layout;
}

std::vector<Line> TextTable::block(const std::vector<Span>& cells, const Layout& layout,
                                   std::size_t indent) const {
  std::vector<Line> lines;
  std::size_t begin = indent;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (!layout.shown[column]) continue;
    const std::size_t width = layout.widths[column];
    std::vector<std::string> pieces = fit(cells[column].text, width, columns_[column].overlong);
    for (std::size_t index = 0; index < pieces.size(); ++index) {
      if (lines.size() == index) lines.emplace_back();
      Line& line = lines[index];
      const std::size_t missing = begin - width_of(line);
      if (missing > 0) line.push_back({std::string(missing, ' '), Tone::plain});
      line.push_back({std::move(pieces[index]), cells[column].tone});
    }
    begin += width + kGap;
  }
  return lines;
}

std::vector<std::vector<Line>> TextTable::blocks(std::size_t width, std::size_t indent) const {
  const Layout made = layout(width > indent ? width - indent : 0);
  std::vector<std::vector<Line>> blocks{block(made.titles, made, indent)};
  for (const auto& row : rows_) blocks.push_back(block(row, made, indent));
  return blocks;
}

}  // namespace ebbgate::commands
