#pragma once

#include <cstddef>
#include <string_view>

namespace ebbgate {

/// How many bytes of the text at `at` stand for `pattern`, each of whose characters may be written
/// as it is, as in a URL (`%2f`, `+`), as in JSON or C (`\/`, `\u002f`, `\x2f`), or as in HTML
/// (`&#47;`, `&amp;`), and that once more over. 0: they do not.
std::size_t escaped_length(std::string_view text, std::size_t at, std::string_view pattern);

}  // namespace ebbgate
