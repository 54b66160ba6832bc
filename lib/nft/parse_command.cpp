// SPDX-License-Identifier: BSD-3-Clause
// Commands at the top level of a file: tables, and what changes them.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/nearest.hpp"
#include "nft/expand.hpp"
#include "nft/parse.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr std::size_t kProblemsMax = 100;

}  // namespace

bool sees(Family family, FamilyNeed need) {
  return family >= Family::kInet || need == FamilyNeed::kNone ||
         (family == Family::kIp) == (need == FamilyNeed::kIp);
}

Ruleset Parser::parse() {
  while (true) {
    cursor_.skip_newlines();
    if (cursor_.peek().kind == Token::Kind::kEnd || problems_.size() >= kProblemsMax) {
      break;
    }
    const std::size_t begin = cursor_.position();
    try {
      command();
      if (!cursor_.at_line_end()) {
        refuse(cursor_.peek(), fmt::format("unexpected {}", shown(cursor_.peek().text)));
      }
      if (cursor_.peek().is_symbol("}")) {
        refuse(cursor_.next(), "this brace closes nothing");
      }
    } catch (const SyntaxError& error) {
      report(error, begin);
    }
  }
  if (problems_.empty()) {
    for (const Table& table : ruleset_.tables) {
      check_chains(table);
    }
  }
  return std::move(ruleset_);
}

// Goes on behind the line that begins there, braces and all.
void Parser::report(const SyntaxError& error, std::size_t begin) {
  problems_.push_back(error.problem);
  const std::size_t at = cursor_.position();
  cursor_.go_to(begin);
  cursor_.skip_line();
  if (cursor_.position() < at) {
    cursor_.go_to(at);
  }
}

void Parser::command() {
  static constexpr std::array<std::string_view, 9> kVerbs{
      "add", "create", "insert", "delete", "destroy", "flush", "table", "define", "include"};
  const Token& verb = cursor_.next();
  if (verb.is_word("table")) {
    table();
  } else if (verb.is_word("add") || verb.is_word("create")) {
    add(false);
  } else if (verb.is_word("insert")) {
    add(true);
  } else if (verb.is_word("delete") || verb.is_word("destroy")) {
    remove(verb);
  } else if (verb.is_word("flush")) {
    flush();
  } else {
    refuse(verb, fmt::format("{} is no command of a ruleset{}", shown(verb.text),
                             hint(verb.text, kVerbs)));
  }
}

Family Parser::family() {
  const Token& word = cursor_.peek();
  for (const Family family : {Family::kIp, Family::kIp6, Family::kInet, Family::kNetdev}) {
    if (cursor_.accept_word(to_string(family))) {
      return family;
    }
  }
  for (const std::string_view other : {"arp", "bridge"}) {
    if (word.is_word(other)) {
      refuse(word,
             fmt::format("tables of the family {} are not there; known: ip, ip6, inet, netdev",
                         other));
    }
  }
  return Family::kIp;  // nft's default
}

Table& Parser::table_of(Family family, const std::string& name) {
  for (Table& table : ruleset_.tables) {
    if (table.family == family && table.name == name) {
      return table;
    }
  }
  Table& table = ruleset_.tables.emplace_back();
  table.family = family;
  table.name = name;
  return table;
}

// The table that the command names, which must be there.
Table& Parser::find_table() {
  const Family of = family();
  const Token& token = cursor_.peek();
  const std::string name = cursor_.expect_name("the name of a table");
  for (Table& table : ruleset_.tables) {
    if (table.family == of && table.name == name) {
      return table;
    }
  }
  refuse(token, fmt::format("there is no table {} {}{}", to_string(of), shown(name),
                            hint(name, names_in(ruleset_.tables))));
}

void Parser::add(bool insert) {
  const Token& what = cursor_.peek();
  if (what.is_word("table")) {
    cursor_.next();
    table();
    return;
  }
  if (what.is_word("element")) {
    cursor_.next();
    table_ = &find_table();
    add_elements();
    return;
  }
  static constexpr std::array<std::string_view, 10> kKinds{
      "table", "chain", "rule", "set", "map", "element", "counter", "limit", "quota", "flowtable"};
  const bool is_object = what.is_word("counter") || what.is_word("limit") || what.is_word("quota");
  const bool known = what.is_word("chain") || what.is_word("set") || what.is_word("map") ||
                     what.is_word("flowtable") || is_object;
  if (known) {
    cursor_.next();
    table_ = &find_table();
    if (what.text == "chain") {
      chain(nullptr);
    } else if (is_object) {
      object(what.text);
    } else if (what.text == "flowtable") {
      flowtable();
    } else {
      named_set(what.text == "map");
    }
    give_handles();
    return;
  }
  const bool is_rule = cursor_.accept_word("rule") || what.is_word("ip") || what.is_word("ip6") ||
                       what.is_word("inet");
  if (!is_rule) {
    refuse(what, fmt::format("{} cannot be added{}", shown(what.text), hint(what.text, kKinds)));
  }
  add_rule(insert);
}

void Parser::add_rule(bool insert) {
  table_ = &find_table();
  Chain& chain = chain_of(cursor_.peek());
  cursor_.next();
  const std::size_t place = rule_place(chain, insert);
  Rule fresh = rule();
  fresh.handle = ++table_->handles;
  chain.rules.insert(chain.rules.begin() + static_cast<std::ptrdiff_t>(place), std::move(fresh));
}

// Where another rule goes: `handle N`, or `position N`, and `index N` name the rule behind which it
// is added, or in front of which it is inserted.
std::size_t Parser::rule_place(const Chain& chain, bool insert) {
  const Token& token = cursor_.peek();
  if (cursor_.accept_word("index")) {
    const std::uint64_t index = cursor_.expect_number("the number of a rule");
    if (index >= chain.rules.size()) {
      refuse(token, fmt::format("chain {} has {} rules", chain.name, chain.rules.size()));
    }
    return index + (insert ? 0 : 1);
  }
  if (token.is_word("handle") || token.is_word("position")) {
    cursor_.next();
    return rule_with_handle(chain) + (insert ? 0 : 1);
  }
  return insert ? 0 : chain.rules.size();
}

std::size_t Parser::rule_with_handle(const Chain& chain) {
  const Token& token = cursor_.peek();
  const std::uint64_t handle = cursor_.expect_number("a handle");
  const auto found = std::ranges::find(chain.rules, handle, &Rule::handle);
  if (found == chain.rules.end()) {
    refuse(token, fmt::format("chain {} has no rule with handle {}", chain.name, handle));
  }
  return static_cast<std::size_t>(found - chain.rules.begin());
}

Set& Parser::set_of(const Token& name) {
  const auto set = std::ranges::find(table_->sets, name.text, &Set::name);
  if (set == table_->sets.end() || set->is_anonymous() || set->is_meter) {
    refuse(name, fmt::format("there is no set {}", shown(name.text)));
  }
  return *set;
}

void Parser::add_elements() {
  const Token& token = cursor_.peek();
  static_cast<void>(cursor_.expect_name("the name of a set"));
  Set& set = set_of(token);
  cursor_.expect_symbol("{", "before the elements");
  with_timeout_.reset();
  with_statements_.reset();
  elements(set, std::vector<KeyPart>{set.key});
  finish(set, token);
}

void Parser::flush() {
  const Token& what = cursor_.next();
  if (what.is_word("ruleset")) {
    ruleset_.tables.clear();
  } else if (what.is_word("table")) {
    for (Chain& chain : find_table().chains) {
      chain.rules.clear();
    }
  } else if (what.is_word("chain")) {
    table_ = &find_table();
    chain_of(cursor_.next()).rules.clear();
  } else if (what.is_word("set") || what.is_word("map")) {
    table_ = &find_table();
    set_of(cursor_.next()).elements.clear();
  } else {
    refuse(what, fmt::format("{} cannot be flushed; known: ruleset, table, chain, set, map",
                             shown(what.text)));
  }
}

void Parser::remove(const Token& verb) {
  const Token& what = cursor_.next();
  if (what.is_word("table")) {
    remove_table(verb);
  } else if (what.is_word("element")) {
    table_ = &find_table();
    remove_elements(verb);
  } else if (what.is_word("rule")) {
    table_ = &find_table();
    Chain& chain = chain_of(cursor_.next());
    if (!cursor_.accept_word("handle")) {
      refuse(cursor_.peek(), "a rule is deleted by 'handle' and its number");
    }
    chain.rules.erase(chain.rules.begin() + static_cast<std::ptrdiff_t>(rule_with_handle(chain)));
  } else {
    refuse(what,
           "in a ruleset only tables, rules and elements can be deleted; leave out what is not "
           "wanted");
  }
}

void Parser::remove_elements(const Token& verb) {
  const Token& token = cursor_.peek();
  static_cast<void>(cursor_.expect_name("the name of a set"));
  Set& set = set_of(token);
  Set gone;
  gone.key = set.key;
  gone.data = set.data;
  gone.interval = set.interval;
  cursor_.expect_symbol("{", "before the elements");
  elements(gone, std::vector<KeyPart>{gone.key});
  for (const Element& element : gone.elements) {
    const auto removed = std::erase_if(set.elements, [&](const Element& other) {
      return other.catch_all == element.catch_all && other.key == element.key;
    });
    if (removed == 0 && verb.text == "delete") {
      refuse(token, fmt::format("set {} has no such element", shown(set.name)));
    }
  }
}

void Parser::remove_table(const Token& verb) {
  const Family of = family();
  const Token& name = cursor_.peek();
  const std::string text = cursor_.expect_name("the name of a table");
  const auto removed = std::erase_if(ruleset_.tables, [&](const Table& table) {
    return table.family == of && table.name == text;
  });
  if (removed == 0 && verb.text == "delete") {
    refuse(name, fmt::format("there is no table {} {}", to_string(of), shown(text)));
  }
}

std::expected<Ruleset, Problems> parse(std::string_view text, const std::string& file) {
  Problems problems;
  std::vector<Token> tokens = expand(text, file, problems);
  Ruleset ruleset = Parser{std::move(tokens), problems}.parse();
  if (!problems.empty()) {
    std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
      return std::tuple{std::string_view{*problem.place.file}, problem.place.line,
                        problem.place.column};
    });
    return std::unexpected{std::move(problems)};
  }
  return ruleset;
}

std::expected<Ruleset, Problems> load(const std::string& path) {
  const auto text = read_text(path);
  if (!text) {
    Problems problems;
    Problem& problem = problems.emplace_back();
    problem.place.file = std::make_shared<const std::string>(path);
    problem.what = text.error();
    return std::unexpected{std::move(problems)};
  }
  return parse(*text, path);
}

}  // namespace ringroad::nft
