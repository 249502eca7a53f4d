#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebbgate::configuration {

/// A value of a YAML document as it was written: scalars are text, and a map keeps every entry,
/// duplicates too.
struct Node {
  enum class Kind { nothing, scalar, list, map };

  Kind kind = Kind::nothing;
  int line = 1;
  std::string text;                                          ///< of a scalar
  std::vector<const Node*> items;                            ///< of a list
  std::vector<std::pair<const Node*, const Node*>> entries;  ///< of a map

  /// `a list`, `a map`, for messages.
  std::string_view kind_name() const;
};

/// What one YAML file holds. Owns its nodes; an alias is one more pointer to the node it names, so
/// nodes may be shared, but none contains itself, and walking all takes at most a million steps
/// more than the text has values.
struct Document {
  std::deque<Node> nodes;
  const Node* root = nullptr;  ///< null: the file holds nothing
};

/// Why a text is no YAML document: syntax, aliases without end, or not exactly one document.
struct SyntaxError {
  int line = 1;
  std::string message;
};

/// Reads `text`. The document, or the error; never throws for what the text holds.
struct DocumentResult {
  Document document;
  std::optional<SyntaxError> error;
};
DocumentResult parse_document(const std::string& text);

}  // namespace ebbgate::configuration
