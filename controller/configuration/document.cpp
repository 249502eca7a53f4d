#include "controller/configuration/document.h"

#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "controller/configuration/problems.h"
#include "controller/configuration/utf8.h"

namespace ebbgate::configuration {

namespace {

// Builds nodes from events: yaml-cpp's own nodes lose duplicate keys.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  int documents() const { return documents_; }
  int last_document_line() const { return last_document_line_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    ++documents_;
    last_document_line_ = mark.line + 1;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(add(Node::Kind::nothing, mark, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    place(found == anchors_.end() ? add(Node::Kind::nothing, mark, 0) : found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    Node* node = add(Node::Kind::scalar, mark, anchor);
    node->text = value;
    place(node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(add(Node::Kind::list, mark, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(add(Node::Kind::map, mark, anchor));
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    Node* node;
    const Node* key = nullptr;  // of a map, while its value is to come
  };

  Node* add(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node& node = document_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    if (anchor != 0) anchors_[anchor] = &node;
    return &node;
  }

  void place(const Node* node) {
    if (open_.empty()) {
      if (document_.root == nullptr) document_.root = node;
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(node);
    } else if (parent.key == nullptr) {
      parent.key = node;
    } else {
      parent.node->entries.emplace_back(parent.key, node);
      parent.key = nullptr;
    }
  }

  void open(Node* node) {
    place(node);
    open_.push_back({node});
  }

  Document& document_;
  std::map<YAML::anchor_t, const Node*> anchors_;
  std::vector<Open> open_;
  int documents_ = 0;
  int last_document_line_ = 1;
};

}  // namespace

std::string_view Node::kind_name() const {
  switch (kind) {
    case Kind::nothing:
      return "nothing";
    case Kind::scalar:
      return "a single value";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "";
}

DocumentResult parse_document(const std::string& text) {
  DocumentResult result;
  if (const auto line = first_line_not_utf8(text)) {
    result.error = SyntaxError{*line, "not UTF-8 text; save the file as UTF-8"};
    return result;
  }
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder(result.document);
    while (parser.HandleNextDocument(builder)) {
      if (builder.documents() > 1) {
        result.error = SyntaxError{builder.last_document_line(),
                                   "a second YAML document begins; keep one document in the file"};
        return result;
      }
    }
  } catch (const YAML::Exception& exception) {
    const int line = exception.mark.is_null() ? 1 : exception.mark.line + 1;
    // The message may repeat a character of the text.
    result.error = SyntaxError{
        line, "not valid YAML (" + escaped(exception.msg) + "); mend the syntax near this line"};
  }
  return result;
}

}  // namespace ebbgate::configuration
