#pragma once

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace ebbgate::commands {

/// A column's place in a row that is to be coloured, as terminals have it (`31` is red).
struct Colour {
  std::size_t column = 0;
  std::string code;
};

/// Rows of text, aligned. Cells must be printable.
class TextTable final {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{{std::move(header), {}}} {}

  /// `cells` are as many as the header's.
  void add(std::vector<std::string> cells, std::optional<Colour> colour = {}) {
    rows_.push_back({std::move(cells), std::move(colour)});
  }

  /// Where a line would be longer than `width`, `shortened` (a column) gives way down to the
  /// length of its header; the others stay whole. `indent` spaces before each line.
  void write(std::ostream& out, std::size_t width, std::size_t shortened,
             std::size_t indent = 0) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::optional<Colour> colour;
  };
  std::vector<Row> rows_;
};

}  // namespace ebbgate::commands
