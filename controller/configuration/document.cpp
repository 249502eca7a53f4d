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

// What aliases may add to what is written: a few lines can stand for more than any memory holds.
constexpr std::size_t kMostByAliases = 1'000'000;

// Ends the parsing.
struct WrongAlias {
  int line;
  const char* message;
};

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
    if (found == anchors_.end()) return place(add(Node::Kind::nothing, mark, 0));
    const Anchored& anchored = found->second;
    if (anchored.size == 0) {
      throw WrongAlias{mark.line + 1,
                       "an alias stands within what it is an alias of; write out what is meant"};
    }
    by_aliases_ += anchored.size;
    if (by_aliases_ > kMostByAliases) {
      throw WrongAlias{
          mark.line + 1,
          "the aliases up to here stand for more than 1000000 values; write out what is "
          "meant"};
    }
    place(anchored.node, anchored.size);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    Node* node = add(Node::Kind::scalar, mark, anchor);
    node->text = value;
    place(node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(add(Node::Kind::list, mark, anchor), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(add(Node::Kind::map, mark, anchor), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node* node;
    YAML::anchor_t anchor = 0;
    std::size_t size = 1;       // in values, with what aliases stand for
    const Node* key = nullptr;  // of a map, while its value is to come
  };
  struct Anchored {
    const Node* node = nullptr;
    std::size_t size = 0;  // as that of Open; 0: it is still open
  };

  Node* add(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node& node = document_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    const bool scalar = kind == Node::Kind::nothing || kind == Node::Kind::scalar;
    if (anchor != 0) anchors_[anchor] = {&node, scalar ? std::size_t{1} : 0};
    return &node;
  }

  void place(const Node* node, std::size_t size = 1) {
    if (!open_.empty()) open_.back().size += size;
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

  void open(Node* node, YAML::anchor_t anchor) {
    place(node, 0);  // its size is known at its end
    open_.push_back({node, anchor});
  }

  void close() {
    const Open closed = open_.back();
    open_.pop_back();
    if (!open_.empty()) open_.back().size += closed.size;
    if (closed.anchor != 0) anchors_[closed.anchor].size = closed.size;
  }

  Document& document_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t by_aliases_ = 0;
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
  } catch (const WrongAlias& wrong) {
    result.error = SyntaxError{wrong.line, wrong.message};
  } catch (const YAML::Exception& exception) {
    const int line = exception.mark.is_null() ? 1 : exception.mark.line + 1;
    // The message may repeat a character of the text.
    result.error = SyntaxError{
        line, "not valid YAML (" + escaped(exception.msg) + "); mend the syntax near this line"};
  }
  return result;
}

}  // namespace ebbgate::configuration
