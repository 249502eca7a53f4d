#include "controller/commands/text_table.h"

#include <algorithm>
#include <numeric>

namespace ebbgate::commands {

namespace {

constexpr std::size_t kGap = 2;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string shorten(const std::string& text, std::size_t length) {
  if (length_of(text) <= length) return text;
  std::size_t characters = 0;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (begins_character(text[index]) && ++characters == length) {
      return text.substr(0, index) + "…";
    }
  }
  return text;
}

}  // namespace

void TextTable::write(std::ostream& out, std::size_t width, std::size_t shortened,
                      std::size_t indent) const {
  std::vector<std::size_t> widths(rows_.front().cells.size(), 0);
  for (const Row& row : rows_) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      widths[column] = std::max(widths[column], length_of(row.cells[column]));
    }
  }
  const std::size_t total =
      std::accumulate(widths.begin(), widths.end(), indent) + kGap * (widths.size() - 1);
  if (total > width) {
    const std::size_t least = length_of(rows_.front().cells[shortened]);
    widths[shortened] -= std::min(widths[shortened] - least, total - width);
  }
  for (const Row& row : rows_) {
    std::string line(indent, ' ');
    std::size_t pending_spaces = 0;  // none at a line's end
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const std::string cell = shorten(row.cells[column], widths[column]);
      if (!cell.empty()) {
        line.append(pending_spaces, ' ');
        pending_spaces = 0;
        const bool coloured = row.colour && row.colour->column == column;
        line += coloured ? "\x1b[" + row.colour->code + "m" + cell + "\x1b[0m" : cell;
      }
      pending_spaces += widths[column] - length_of(cell) + kGap;
    }
    out << line << "\n";
  }
}

}  // namespace ebbgate::commands
