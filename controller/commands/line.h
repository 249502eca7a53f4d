#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/commands/display_text.h"

namespace ebbgate::commands {

/// What a piece of text means, as its colour says.
enum class Tone { plain, strong, quiet, good, busy, waiting, bad };

/// A piece of a line. Its text is printable.
struct Span {
  std::string text;
  Tone tone = Tone::plain;
};

using Line = std::vector<Span>;

std::size_t width_of(const Line& line);

/// The text of a line, without spaces at its end and without what ends it. Colours end with it.
std::string rendered(const Line& line, bool colour);

/// At most `width` columns of a line; `…` where something was cut.
Line clipped(const Line& line, std::size_t width);

/// One text as lines of at most `width` columns: the first begins with `first`, each further one is
/// indented by as many columns as that.
std::vector<Line> paragraph(const Span& first, const std::string& text, Tone tone,
                            std::size_t width);

}  // namespace ebbgate::commands
