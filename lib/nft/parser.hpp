// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A recursive-descent parser of nft(8)'s language, over tokens without variables. Private to
// lib/nft.
//
// What is wrong in a statement is thrown as a SyntaxError, which ends that line only; no exception
// leaves the parser. A table's sets, chains and objects are read before its rules, so that rules
// may use what is declared below them, as with nft.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nft/model.hpp"
#include "nft/problem.hpp"
#include "nft/token.hpp"

namespace ringroad::nft {

struct SyntaxError {
  Problem problem;
};

class Cursor {
 public:
  explicit Cursor(std::vector<Token> tokens) : tokens_{std::move(tokens)} {}

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    at_ = std::min(at_ + 1, tokens_.size() - 1);
    return token;
  }
  bool accept_symbol(std::string_view symbol);
  bool accept_word(std::string_view word);
  void expect_symbol(std::string_view symbol, std::string_view where);
  // A word or a string.
  [[nodiscard]] std::string expect_name(std::string_view what);
  [[nodiscard]] std::string expect_string(std::string_view what);
  [[nodiscard]] std::uint64_t expect_number(std::string_view what);
  void skip_newlines();
  // To the end of the line, past what braces enclose.
  void skip_line();
  // To behind the brace that closes the one before.
  void skip_block();
  [[nodiscard]] bool at_line_end() const;
  [[nodiscard]] std::size_t position() const { return at_; }
  void go_to(std::size_t position) { at_ = position; }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

[[noreturn]] void refuse(const Token& token, std::string what);

class Parser {
 public:
  Parser(std::vector<Token> tokens, Problems& problems)
      : cursor_{std::move(tokens)}, problems_{problems} {}

  [[nodiscard]] Ruleset parse();

 private:
  // What a rule has said of its packets so far: Linux has one protocol for each header.
  struct RuleContext {
    FamilyNeed family = FamilyNeed::kNone;
    std::optional<std::uint8_t> protocol{};
    bool protocols = false;    // one of several
    bool ct_protocol = false;  // that of the connection

    [[nodiscard]] bool has_protocol() const { return protocol || protocols; }
  };
  // Rules of a chain that are read once the rest of their table is.
  struct Body {
    ChainIndex chain;
    std::size_t position;
  };

  // parse_command.cpp
  void report(const SyntaxError& error, std::size_t begin);
  void command();
  void add(bool insert);
  void add_rule(bool insert);
  [[nodiscard]] std::size_t rule_place(const Chain& chain, bool insert);
  [[nodiscard]] std::size_t rule_with_handle(const Chain& chain);
  void add_elements();
  void remove_elements(const Token& verb);
  void remove_table(const Token& verb);
  void remove(const Token& verb);
  void flush();
  Family family();
  Table& table_of(Family family, const std::string& name);
  Table& find_table();
  Set& set_of(const Token& name);
  // parse_table.cpp
  void table();
  void table_entry(std::vector<Body>& bodies);
  void chain(std::vector<Body>* bodies);
  void give_handles();
  void declare_chains();
  Chain& declare_chain(const std::string& name, const Place& place);
  void base_chain(Chain& chain);
  void chain_devices(BaseChain& base);
  void policy(Chain& chain);
  int priority(std::optional<HookPlace> hook);
  void rules(ChainIndex chain);
  void named_set(bool map);
  void set_property(Set& set);
  void set_flags(Set& set);
  void object(std::string_view kind);
  // parse_element.cpp
  void elements(Set& set, std::span<const KeyPart> key);
  void element(Set& set, std::span<const KeyPart> key);
  void element_key(Set& set, std::span<const KeyPart> key, Element& element);
  void element_options(Element& element);
  std::variant<std::monostate, Value, Verdict, Key> element_data(Set& set);
  void finish(Set& set, const Token& at);
  void finish_statements(Set& set);
  // parse_set.cpp
  [[nodiscard]] std::vector<KeyPart> type_list();
  SetIndex own_set(Set set);
  SetIndex set_reference(Set::Kind kind, std::span<const Expression> key,
                         std::span<const KeyPart> data);
  // Sets in braces, or @NAME.
  SetIndex set_operand(Set::Kind kind, std::span<const Expression> key,
                       std::vector<KeyPart> data = {});
  // parse_dynamic.cpp
  [[nodiscard]] ElementStatements element_statements();
  [[nodiscard]] bool begins_element_statement() const;
  [[nodiscard]] ElementStatement element_statement();
  [[nodiscard]] ConnectionCount connection_count();
  void set_update(Rule& rule, SetUpdate::Kind kind);
  void meter(Rule& rule);
  void update_key(Rule& rule, SetUpdate& update, std::span<const KeyPart> parts);
  [[nodiscard]] Expression constant(const KeyPart& part);
  void update_data(Rule& rule, SetUpdate& update);
  [[nodiscard]] SetIndex writable_set(const Token& name);
  // parse_rule.cpp
  [[nodiscard]] Rule rule();
  void statement(Rule& rule);
  bool known_statement(Rule& rule, const Token& first);
  Verdict verdict();
  Reject reject(Rule& rule);
  void reject_of_family(Reject& reject) const;
  void imply_family(Rule& rule, FamilyNeed need);
  // adjacent.cpp
  static void order_adjacent(Rule& rule);
  // dependencies.cpp
  void hide_dependencies(Rule& rule) const;
  // parse_nat.cpp
  [[nodiscard]] Nat nat(const Token& word, Nat::Kind kind);
  void nat_target(Nat& nat, const Token& word);
  void nat_family(Nat& nat, const Token& word);
  void nat_address(Nat& nat);
  void nat_ports(Nat& nat);
  SetIndex nat_map(Nat& nat, std::vector<KeyPart> data);
  void nat_flags(Nat& nat);
  [[nodiscard]] Value nat_address_value(const KeyPart& part);
  void require_protocol(const Token& token);
  [[nodiscard]] std::string ct_name();
  [[nodiscard]] FamilyNeed family_need() const;
  [[nodiscard]] FlowOffload flow();
  // parse_object.cpp
  Counter counter();
  Counter counter_start();
  Limit limit();
  Limit limit_rate();
  Quota quota();
  Quota quota_bytes();
  void flowtable();
  void flowtable_property(Flowtable& flowtable);
  void devices(std::vector<std::string>& names);
  void add_device(std::vector<std::string>& names);
  Nanoseconds time();
  std::optional<Nanoseconds> time_or_none();
  std::uint32_t number32(std::string_view what);
  static std::uint64_t bytes_unit(std::string_view word, const Token& token);
  // parse_log.cpp
  Log log();
  std::uint8_t log_flags();
  void log_level(Log& log);
  // parse_match.cpp
  void expression_statement(Rule& rule);
  Expression expression();
  Expression primary();
  [[nodiscard]] std::vector<Expression> concatenation();
  void imply(Rule& rule, const Field& field);
  void imply_all(Rule& rule, const std::vector<Expression>& expressions);
  static void imply_tag(Rule& rule, const Field& field);
  Match match(std::vector<Expression> left);
  Match flags_match(Expression left);
  void ask_presence(Expression& left);
  void learn(const Match& match);
  Assignment assignment(const Expression& target);
  // parse_field.cpp
  const Field* field();
  [[nodiscard]] static bool begins_field(const Token& token);
  void require(const Field& field, const Token& token);
  const Field* named_field(const Token& first);
  const Field* own_field(std::string name, Field field);
  const Field* fib_field(const Token& first);
  const Field* tcp_option(const Token& first);
  // parse_generate.cpp
  const Field* generated_field(const Token& first);
  [[nodiscard]] std::uint32_t any_number32();
  // parse_raw.cpp
  const Field* raw_field(const Token& first);
  const Field* raw_tcp_option();
  std::array<std::uint16_t, 2> raw_place(unsigned offset_most);
  const Field* raw_of(Source source, unsigned offset, unsigned width);
  void whole_octets(Match& match, const Token& token);
  static void refuse_bits(const std::vector<Expression>& expressions, const Token& token);
  // parse_value.cpp
  [[nodiscard]] Interval value(const KeyPart& part, bool& prefix);
  [[nodiscard]] Interval prefix_of(Value address, const KeyPart& part);
  [[nodiscard]] Value single(const KeyPart& part);
  [[nodiscard]] static Value single(const KeyPart& part, const Token& token);
  [[nodiscard]] Value bits(const KeyPart& part);
  [[nodiscard]] Value bits_term(const KeyPart& part);
  [[nodiscard]] Value flag_list(const KeyPart& part);

  [[nodiscard]] Chain& chain_of(const Token& name);
  void check_chains(const Table& table);

  Cursor cursor_;
  Problems& problems_;
  Ruleset ruleset_;
  Table* table_ = nullptr;
  RuleContext context_;
  std::uint64_t table_handles_ = 0;
  std::map<std::string, const Field*> own_fields_;
  // The first elements of the set that is read with a timeout, and with statements.
  std::optional<Token> with_timeout_{};
  std::optional<Token> with_statements_{};
  std::uint16_t generators_ = 0;
  bool element_prefix_ = false;  // the last element that was read was written as a prefix
};

// "&", "|" or "^" if the token is that operator, or its name.
[[nodiscard]] std::optional<std::string_view> bit_operator(const Token& token);
// For hints.
template <class List>
std::vector<std::string_view> names_in(const List& list) {
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (const auto& item : list) {
    names.push_back(item.name);
  }
  return names;
}
// Whether the two lists are of the same kinds of statements.
[[nodiscard]] bool are_alike(const ElementStatements& one, const ElementStatements& other);
// The family whose packets have this EtherType; kNone: another one.
[[nodiscard]] FamilyNeed family_of_type(Value ether_type);
// Which of Linux's address families tables of the family see.
[[nodiscard]] bool sees(Family family, FamilyNeed need);

}  // namespace ringroad::nft
