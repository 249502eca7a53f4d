#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "controller/commands/line.h"

namespace ebbgate::commands {

/// What happens to a cell that its column has no room for: its end or its middle goes, or it goes
/// on in the line below.
enum class Overlong { end, middle, wrap };

struct Column {
  std::string title;
  Overlong overlong = Overlong::end;
};

/// How a table becomes narrower: a column takes another title, gives way down to a width, or goes.
struct Step {
  enum class Kind { retitle, shrink, drop };
  Kind kind = Kind::shrink;
  std::size_t column = 0;
  std::size_t least = 0;  ///< of shrink: columns of a terminal
  std::string title;      ///< of retitle
};

/// Rows of text, aligned.
class TextTable final {
 public:
  /// `steps` are taken one after the other, as far as it needs, until a line fits.
  explicit TextTable(std::vector<Column> columns, std::vector<Step> steps = {});

  /// `cells` are as many as the columns, and printable.
  void add(std::vector<Span> cells) { rows_.push_back(std::move(cells)); }

  bool empty() const { return rows_.empty(); }

  /// The header, then each row, as one or more lines of at most `width` columns, or of a few more
  /// where no step is left. `indent` spaces before each.
  std::vector<std::vector<Line>> blocks(std::size_t width, std::size_t indent = 0) const;

 private:
  struct Layout {
    std::vector<Span> titles;
    std::vector<std::size_t> widths;
    std::vector<bool> shown;
    std::size_t total = 0;
  };
  void measure(Layout& layout) const;
  static void shrink(Layout& layout, const Step& step, std::size_t room);
  Layout layout(std::size_t room) const;
  std::vector<Line> block(const std::vector<Span>& cells, const Layout& layout,
                          std::size_t indent) const;

  std::vector<Column> columns_;
  std::vector<Step> steps_;
  std::vector<std::vector<Span>> rows_;
};

}  // namespace ebbgate::commands
