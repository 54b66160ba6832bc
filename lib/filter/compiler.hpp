// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Compiles a ruleset. Control thread. What cannot be compiled throws Unsupported, which compile()
// of program.hpp returns as an Error.
#include <map>
#include <string>
#include <tuple>

#include "base/clock.hpp"
#include "filter/boxes.hpp"
#include "filter/code.hpp"
#include "filter/places.hpp"

namespace ringroad::filter {

struct Unsupported {
  std::string what;
};

class Compiler {
 public:
  Compiler(const nft::Ruleset& ruleset, const InterfaceNames& names, const Clock& clock, Code& code,
           Places& places)
      : ruleset_{ruleset}, names_{names}, clock_{clock}, code_{code}, places_{places} {}

  void run();

 private:
  // compile.cpp: tables and chains
  void add_table(std::uint32_t table, PacketFamily family);
  void add_chain(std::uint32_t number, const nft::Chain& chain);
  void add_base(const nft::BaseChain& base, std::uint32_t number);
  [[nodiscard]] std::uint32_t add_devices(const nft::BaseChain& base);
  void add_tracking();
  void sort_bases();
  // compile_order.cpp: whether packets have to be evaluated one by one
  void find_orders();
  using Uses = std::map<const void*, unsigned>;
  const Uses& uses_of(std::uint32_t chain);
  struct Changing {
    const void* state = nullptr;
    bool counts_connections = false;
  };
  [[nodiscard]] Changing changing_of(const Op& op) const;
  [[nodiscard]] bool shares_marks() const;
  // compile_index.cpp
  void add_indices();
  void add_constraints(std::uint32_t rule, const RuleCode& code,
                       std::vector<Constraint>& constraints) const;
  [[nodiscard]] bool can_index(const Column& column) const;
  void add_constraint(std::uint32_t rule, const ColumnTest& test,
                      std::vector<Constraint>& constraints) const;

  // compile_outcomes.cpp: what follows from a packet's connection
  void find_dependences();
  void find_index_dependences();
  [[nodiscard]] Dependence dependence_of(const Op& op) const;
  [[nodiscard]] Dependence dependence_of(const KeyCode& key) const;
  [[nodiscard]] Dependence dependence_of(ColumnIndex index, std::span<const Test> tests) const;

  // compile_rule.cpp: statements. Each returns false if no packet of the family passes it.
  void add_rule(std::uint32_t number, const nft::Rule& rule);
  bool add(const nft::Match& match);
  bool add(const nft::Verdict& verdict);
  bool add(const nft::VerdictMap& map);
  bool add(const nft::Counter& counter);
  bool add(const nft::Limit& limit);
  bool add(const nft::Quota& quota);
  bool add(const nft::Log& log);
  bool add(const nft::Reject& reject);
  bool add(const nft::Assignment& assignment);
  bool add(const nft::Nat& nat);
  bool add(const nft::Notrack& notrack);
  static bool add(const nft::FlowOffload& offload);
  bool add(const nft::ConnectionCount& count);
  bool add(const nft::SetUpdate& update);
  // compile_match.cpp
  bool require(const nft::Expression& expression);
  bool require_all(const std::vector<nft::Expression>& expressions);
  [[nodiscard]] std::vector<ColumnIndex> columns_of_all(
      const std::vector<nft::Expression>& expressions);
  void add_tests(std::vector<ColumnTest> tests, bool inverted);
  bool match_value(const nft::Match& match);
  bool match_bits(const nft::Match& match, const nft::Value& bits);
  void match_interface(const nft::Match& match, const nft::Interval& interval);
  void match_key(const nft::Match& match, const nft::Key& key, bool inverted);
  bool match_set(const nft::Match& match, nft::SetIndex set);
  // The tests of an interval; nothing if it needs a lookup.
  [[nodiscard]] std::optional<std::vector<ColumnTest>> tests_of(const nft::Expression& expression,
                                                                const nft::Interval& interval);
  // compile_generate.cpp
  bool generate(const nft::Expression& expression);
  // compile_sets.cpp
  [[nodiscard]] Boxes boxes_of(const nft::Set& set) const;
  [[nodiscard]] std::uint32_t add_key_code(const std::vector<nft::Expression>& key,
                                           nft::SetIndex set);
  // compile_dynamic.cpp: sets that change
  void find_written();
  void add_unused_sets();
  [[nodiscard]] std::string where(const nft::Set& set) const;
  [[nodiscard]] bool changes(nft::SetIndex index) const;
  // Null: the set is as the ruleset says.
  [[nodiscard]] const SetCode* set_code(nft::SetIndex index);
  [[nodiscard]] std::unique_ptr<SetCode> new_set_code(nft::SetIndex index);
  void add_states(SetCode& code);
  void add_dynamic(SetCode& code);
  [[nodiscard]] NewElement fresh_element(const nft::Set& set, const nft::Element& element);
  [[nodiscard]] std::uint32_t form_of(Nanoseconds timeout, const nft::ElementStatements& statements,
                                      const nft::Element* element);
  void count_connections();
  void check_key(std::size_t words, const nft::Set& set) const;
  [[nodiscard]] VerdictCode code_of(const nft::Verdict& verdict) const;

  // The chains to which an operation may jump.
  [[nodiscard]] std::vector<std::uint32_t> targets_of(const Op& op) const;
  [[nodiscard]] std::string where() const;

  void push(const Op& op) { code_.ops.push_back(op); }
  [[nodiscard]] const nft::Table& table() const { return ruleset_.tables[table_]; }
  [[nodiscard]] bool is_of(nft::FamilyNeed need) const {
    return need == nft::FamilyNeed::kNone ||
           family_ == (need == nft::FamilyNeed::kIp6 ? PacketFamily::kIpv6 : PacketFamily::kIpv4);
  }
  void need_tracking() { tracks_[static_cast<std::size_t>(family_)] = true; }

  const nft::Ruleset& ruleset_;
  const InterfaceNames& names_;
  const Clock& clock_;
  Code& code_;
  Places& places_;

  // Where we are.
  std::uint32_t table_ = 0;
  PacketFamily family_{};
  std::uint32_t first_chain_ = 0;  // the code of the table's first chain
  std::uint32_t chain_ = 0;
  std::uint32_t rule_ = 0;
  std::uint32_t statement_ = 0;
  std::optional<std::uint8_t> protocol_{};      // that the rule has tested
  std::array<bool, kPacketFamilies> tracks_{};  // some rule of the family needs it

  std::map<std::uint32_t, Uses> uses_;  // of limits and quotas, by chain
  // What the families share of each: the numbers, and the seed.
  std::map<const nft::Generator*, std::pair<std::shared_ptr<Sequence>, std::uint32_t>> generators_;
  using SetOfTable = std::pair<std::uint32_t, nft::SetIndex>;
  std::map<SetOfTable, std::shared_ptr<const Lookup>> lookups_;
  std::map<SetOfTable, const SetCode*> set_codes_;
  // The statements that write each set of the table.
  std::map<nft::SetIndex, std::vector<const nft::SetUpdate*>> written_;
};

}  // namespace ringroad::filter
