#pragma once

#include <cstddef>
#include <string_view>

namespace ebbgate {

/// How many bytes of the text at `at` stand for `pattern`, each of whose characters may be written
/// as it is, as in a URL (`%2f`, `+`), as in JSON, C or a shell (`\/`, `\u002f`, `\x2f`, `\057`),
/// or as in HTML (`&#47;`, `&amp;`), and that once more over; what is not ASCII either byte by
/// byte, or as its number in Unicode (`\u00f6`, `\xf6`, `\ud83d\ude00`, `&#246;`). 0: they do not.
std::size_t escaped_length(std::string_view text, std::size_t at, std::string_view pattern);

}  // namespace ebbgate
