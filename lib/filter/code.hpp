// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a ruleset is compiled to: for each rule a short list of operations, each of which narrows
// the set of packets for which the rule goes on, or does something to them.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "filter/column.hpp"
#include "filter/counters.hpp"
#include "filter/dynamic_set.hpp"
#include "filter/element.hpp"
#include "filter/generate.hpp"
#include "filter/kernels.hpp"
#include "filter/limit.hpp"
#include "filter/lookup.hpp"
#include "filter/rule_index.hpp"
#include "nft/model.hpp"
#include "packet/hooks.hpp"
#include "packet/interface.hpp"

namespace ringroad::filter {

enum class OpKind : std::uint8_t {
  kNever,    // the packets of this family have no such field
  kTest,     // one test of one column
  kTests,    // all of `count` tests from `at` on
  kAny,      // any of `count` alternatives from `at` on, of one column
  kIngress,  // interface set `at`
  kEgress,
  kSet,         // key `at`
  kVerdict,     // `at`: the chain of a jump
  kVerdictMap,  // key `at`
  kCount,       // counter `at`
  kLimit,
  kQuota,
  kLog,
  kReject,
  kAssign,  // assignment `at`
  kNat,     // translation `at`
  kUntrack,
  kUpdateSet,  // update `at`
  kConnectionCount,
  kGenerate,  // generator `at`
};

// What the result of an operation depends on, if the packet belongs to an established connection of
// a protocol with ports. It does nothing else but count.
enum class Dependence : std::uint8_t {
  kConnection,  // and the interfaces
  kPlainAck,    // likewise, of a segment of TCP with the flag ACK, and perhaps PSH
  kPacket,      // and on the packet, or on what was before
};

struct Op {
  OpKind kind = OpKind::kNever;
  bool inverted = false;  // of a comparison
  Dependence depends = Dependence::kPacket;
  nft::Verdict::Kind verdict{};
  ColumnIndex column = 0;
  std::uint32_t at = 0;
  std::uint32_t count = 0;
  Test test{};
};

struct ColumnTest {
  ColumnIndex column = 0;
  Test test{};
};

// By the interface's number plus 1; 0 stands for none.
using InterfaceSet = std::bitset<kInterfacesMax + 1>;

struct VerdictCode {
  nft::Verdict::Kind kind = nft::Verdict::Kind::kContinue;
  std::uint32_t chain = 0;
};

// A set that changes: rules write it, or its elements expire or have statements.
struct SetCode {
  const nft::Set* set = nullptr;
  // One that rules write, whose answers are the numbers of its elements; or, of each element that
  // the ruleset has, the state.
  std::unique_ptr<DynamicSet> dynamic{};
  std::unique_ptr<OwnLinesVector<ElementState>> states{};
  std::uint32_t catch_all = kNoAnswer;  // the answer for what no other element has
  bool has_statements = false;
  bool is_ordered = false;  // it matters which packet comes first
  bool counts_connections = false;
  std::array<std::uint8_t, 2> data_words{};   // of each part of a map's data
  std::vector<const nft::Element*> absent{};  // of interfaces that do not exist

  [[nodiscard]] ElementState& state(std::uint32_t answer) const {
    return dynamic != nullptr ? dynamic->state(answer) : (*states)[answer];
  }
};

// What a rule writes to a set.
struct UpdateCode {
  nft::SetUpdate::Kind kind{};
  const SetCode* set = nullptr;
  std::vector<ColumnIndex> key;
  std::vector<std::variant<std::uint32_t, ColumnIndex>> data{};  // words
  NewElement fresh{};
};

// Linux's nft_connlimit in a rule.
struct ConnectionCountCode {
  nft::ConnectionCount count{};
  std::array<std::uint64_t, 2> list{};
};

// A key that is looked up. The answers are indices of `verdicts`, `values` or `ranges`.
struct KeyCode {
  std::vector<ColumnIndex> columns;
  std::shared_ptr<const Lookup> lookup;
  const SetCode* set = nullptr;  // null: the set is as the ruleset says
  std::vector<VerdictCode> verdicts{};
  std::vector<nft::Value> values{};
  std::vector<nft::Key> ranges{};  // an address or a range of them, and perhaps a port
};

struct AssignCode {
  const nft::Field* target = nullptr;
  // A number, the columns of an expression, or a key of a map.
  std::variant<nft::Value, std::vector<ColumnIndex>, std::uint32_t> value;
};

struct NatCode {
  const nft::Nat* nat = nullptr;
  std::optional<std::uint32_t> key{};  // of its map
};

struct RuleCode {
  std::uint32_t first_op = 0;
  std::uint32_t ops = 0;
  std::uint32_t hits = 0;   // where the packets are counted for which it gave a verdict
  std::uint32_t drops = 0;  // and those that its verdict map drops, if it has one
  const nft::Rule* rule = nullptr;
};

struct ChainCode {
  std::uint32_t first_rule = 0;
  std::uint32_t rules = 0;
  const nft::Table* table = nullptr;
  const nft::Chain* chain = nullptr;
  PacketFamily family{};
  std::vector<RuleIndex> indices{};  // of kSegment rules each; empty: all rules are evaluated
  Dependence indices_depend = Dependence::kConnection;
};

struct BaseCode {
  enum class What : std::uint8_t {
    kChain,
    kDefragment,  // fragments wait for their datagram
    kTrack,       // finds or begins connections
    kTranslate,   // decides by the chains of type nat, and translates
    kConfirm,     // the packets' connections come into being
  };
  What what = What::kChain;
  std::uint32_t chain = 0;
  int priority = 0;
  bool accepts = true;
  std::optional<std::uint32_t> devices{};  // an interface set: of the chain, at the ingress
  std::uint32_t policy_hits = 0;
};

// The base chains of one hook point and family, in the order in which they run.
struct HookCode {
  std::vector<BaseCode> chains;
  std::vector<BaseCode> nat_chains;  // of type nat: they see the first packet of a connection
  bool tracks = false;
  // Rules share a state whose value depends on the order of packets: they are evaluated one by one.
  bool one_by_one = false;
};

struct Code {
  ColumnTable columns;
  std::vector<Op> ops;
  std::vector<ColumnTest> tests;
  std::vector<Test> alternatives;
  std::vector<InterfaceSet> interface_sets;
  std::vector<KeyCode> keys;
  std::vector<AssignCode> assignments;
  std::vector<const nft::Log*> logs;
  std::vector<const nft::Reject*> rejects;
  std::vector<NatCode> nats;
  std::vector<RuleCode> rules;
  std::vector<ChainCode> chains;
  std::array<std::array<HookCode, kPacketFamilies>, kHookPoints> hooks;
  InterfaceSet ingress_devices;  // all that have chains
  std::vector<std::unique_ptr<Limit>> limits;
  std::vector<std::unique_ptr<Quota>> quotas;
  ElementForms forms;
  std::vector<std::unique_ptr<SetCode>> sets;
  std::vector<UpdateCode> updates;
  std::vector<std::unique_ptr<ConnectionCountCode>> connection_counts;
  std::vector<std::unique_ptr<const GeneratorCode>> generators;
  std::vector<Total> counts_before;  // of each counter
  std::uint32_t hits = 0;            // the number of places for hits
  bool has_indices = false;
  std::uint64_t serial = 0;  // differs from that of any other ruleset

  [[nodiscard]] bool tracks() const {
    return std::ranges::any_of(hooks, [](const auto& families) {
      return std::ranges::any_of(families, &HookCode::tracks);
    });
  }
};

}  // namespace ringroad::filter
