// SPDX-License-Identifier: BSD-3-Clause
#include "config/tree.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace ringroad::config {
namespace {

Position position(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  [[nodiscard]] Tree take() { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Node::Kind::kNull, mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach({anchors_.at(anchor - 1), position(mark)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    add(Node::Kind::kScalar, mark, anchor).text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open_.push_back(&add(Node::Kind::kList, mark, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open_.push_back(&add(Node::Kind::kMap, mark, anchor));
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  Node& add(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    if (anchor != 0) {
      anchors_.resize(std::max(anchors_.size(), anchor));
      anchors_[anchor - 1] = &node;
    }
    attach({&node, position(mark)});
    return node;
  }
  void attach(Node::Child child) {
    if (open_.empty()) {
      tree_.root = child;
    } else {
      open_.back()->children.push_back(child);
    }
  }

  Tree tree_;
  std::vector<Node*> open_;
  std::vector<const Node*> anchors_;  // yaml-cpp numbers anchors from 1
};

// Only records that there is a document.
class DocumentStart final : public YAML::EventHandler {
 public:
  [[nodiscard]] Position where() const { return where_; }

  void OnDocumentStart(const YAML::Mark& mark) override { where_ = position(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  Position where_;
};

}  // namespace

std::expected<Tree, SyntaxError> parse_tree(std::string_view text) {
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    TreeBuilder builder;
    if (parser.HandleNextDocument(builder)) {
      if (DocumentStart second; parser.HandleNextDocument(second)) {
        return std::unexpected{
            SyntaxError{second.where(), "starts a second document; a configuration is one"}};
      }
    }
    return builder.take();
  } catch (const YAML::DeepRecursion& error) {
    return std::unexpected{SyntaxError{position(error.mark), "is nested too deeply"}};
  } catch (const YAML::ParserException& error) {
    return std::unexpected{SyntaxError{position(error.mark), "is not YAML: " + error.msg}};
  }
}

}  // namespace ringroad::config
