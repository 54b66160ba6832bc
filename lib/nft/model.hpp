// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A ruleset as the language of nft(8) describes it: checked, names resolved to indices, and every
// implied operator explicit. These are plain values; any thread may copy and read them.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "nft/field.hpp"
#include "nft/value.hpp"

namespace ringroad::nft {

enum class Family : std::uint8_t { kIp, kIp6, kInet, kNetdev };
[[nodiscard]] std::string_view to_string(Family family);

// Where something was said, for messages.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;    // from 1
  int column = 0;  // from 1
};

// Linux's hooks of the families above, in the order of NF_INET_PRE_ROUTING and so on.
enum class HookPlace : std::uint8_t {
  kPreRouting,
  kInput,
  kForward,
  kOutput,
  kPostRouting,
  kIngress,
};
inline constexpr std::size_t kHookPlaces = 6;
[[nodiscard]] std::string_view to_string(HookPlace hook);

inline constexpr unsigned kJumpsMax = 16;  // in a row: Linux's NFT_JUMP_STACK_SIZE

using ChainIndex = std::uint32_t;  // in Table::chains
using SetIndex = std::uint32_t;    // in Table::sets

// (field & mask) ^ flips: Linux's nft_bitwise, to which `&`, `|` and `^` reduce.
struct Expression {
  const Field* field = nullptr;
  Value mask = Value::ones(128);
  Value flips{};

  [[nodiscard]] bool is_plain() const {
    return (mask & Value::ones(field->width)) == Value::ones(field->width) && flips.is_zero();
  }
};

// A number from `offset` on, below `offset + modulus`: Linux's nft_numgen and nft_hash.
struct Generator {
  enum class Kind : std::uint8_t { kIncrement, kRandom, kHash, kSymmetricHash };
  Kind kind = Kind::kIncrement;
  std::uint32_t modulus = 1;
  std::uint32_t offset = 0;
  std::optional<std::uint32_t> seed{};  // of kHash; without it, a random one
  std::vector<Expression> key{};        // of kHash
};

// One value for each field of a concatenation.
using Key = std::vector<Interval>;

enum class Comparison : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnyOf,   // at least one of these bits is set
  kNoneOf,  // none of them is
};

// The packet has a value, or the rule ends here. A set has its own kind of key.
struct Match {
  std::vector<Expression> left;  // more than one: a concatenation
  Comparison comparison = Comparison::kEqual;
  // A Key of one interval for each of `left`; a range only with kEqual and kNotEqual. Or a set,
  // with kEqual and kNotEqual.
  std::variant<Key, SetIndex> right;
  bool prefix = false;   // the range was written as a prefix
  bool implied = false;  // by the field that follows, as `icmp id` implies types of messages
};

struct Verdict {
  enum class Kind : std::uint8_t { kAccept, kDrop, kContinue, kReturn, kJump, kGoto };
  Kind kind = Kind::kAccept;
  ChainIndex chain = 0;  // of kJump and kGoto

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

struct VerdictMap {
  std::vector<Expression> key;
  SetIndex map = 0;
};

// Counts packets and bytes of the IP packet. `object`: the named counter, an index in
// Table::counters.
struct Counter {
  std::uint64_t packets = 0;  // before the first packet
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> object{};
};

// Linux's nft_limit: a token bucket. The rule goes on for packets within the rate; if `over`, for
// those beyond it.
struct Limit {
  std::uint64_t rate = 0;  // packets or bytes in each `period`
  Nanoseconds period{};
  std::uint64_t burst = 0;
  bool bytes = false;
  bool over = false;
  std::optional<std::uint32_t> object{};  // in Table::limits
};

struct Quota {
  std::uint64_t bytes = 0;
  std::uint64_t used = 0;
  bool over = false;
  std::optional<std::uint32_t> object{};  // in Table::quotas
};

// Linux's nft_connlimit: the rule goes on if so many connections are there; if `over`, if more are.
struct ConnectionCount {
  std::uint32_t most = 0;
  bool over = false;
};

// What belongs to an element of a set, and is evaluated for the packets that find it.
using ElementStatement = std::variant<Counter, Limit, Quota, ConnectionCount>;
using ElementStatements = std::vector<ElementStatement>;
inline constexpr std::size_t kElementStatementsMax = 2;  // Linux's NFT_SET_EXPR_MAX

// What a group, its lengths and the flags ask of Linux is not done here: a line has always the
// same.
struct Log {
  static constexpr std::uint8_t kAudit = 8;  // a level above those of syslog(3)
  // Linux's NF_LOG_TCPSEQ and so on.
  static constexpr std::uint8_t kTcpSequence = 0x01;
  static constexpr std::uint8_t kTcpOptions = 0x02;
  static constexpr std::uint8_t kIpOptions = 0x04;
  static constexpr std::uint8_t kUser = 0x08;
  static constexpr std::uint8_t kEther = 0x20;
  static constexpr std::uint8_t kAll = 0x2f;

  std::string prefix;
  std::uint8_t level = 4;  // of syslog(3): warn
  std::uint8_t flags = 0;
  std::optional<std::uint16_t> group{};  // of nfnetlink_log
  std::optional<std::uint32_t> snaplen{};
  std::optional<std::uint16_t> queue_threshold{};
};

// The packet is dropped, and its sender gets an ICMP error or a TCP reset.
struct Reject {
  enum class Kind : std::uint8_t { kIcmp, kIcmp6, kIcmpx, kTcpReset };
  Kind kind = Kind::kIcmp;
  std::uint8_t code = 3;  // of kIcmpx: Linux's nft_reject_icmpx_code
};

struct MapLookup {
  std::vector<Expression> key;
  SetIndex map = 0;
};

// `meta mark set 1`, `ip dscp set cs1`. An expression is of the target's width.
struct Assignment {
  const Field* target = nullptr;
  std::variant<Value, Expression, MapLookup> value;
};

// The flow of the packet gets another address or port, and the rule accepts the packet. A packet of
// another family than the address goes on to the next rule.
struct Nat {
  enum class Kind : std::uint8_t { kSource, kDestination, kMasquerade, kRedirect };
  Kind kind = Kind::kSource;
  FamilyNeed family = FamilyNeed::kNone;  // of the address; kNone if the statement has none
  std::optional<Interval> address{};      // first and last
  std::optional<Interval> ports{};
  // What gives the address, the port (map_gives_port), or both (map_has_port).
  std::optional<MapLookup> map{};
  bool map_has_port = false;
  bool map_gives_port = false;
  bool random = false;
  bool fully_random = false;
  bool persistent = false;
  bool is_prefix = false;  // the prefix is replaced, and the rest of the address stays
};

// Packets of a flow that is not tracked have the state `untracked`.
struct Notrack {};

// `flow add @NAME`: the packets of the flow that follow take the flowtable's short way.
struct FlowOffload {
  std::string table_name;
};

// `add @s { ip saddr timeout 1m limit rate 5/second }`, for maps `add @m { ip saddr : 5 }`: Linux's
// nft_dynset. The rule ends if the set is full, or a statement of the element says so.
struct SetUpdate {
  enum class Kind : std::uint8_t { kAdd, kUpdate, kDelete };
  Kind kind = Kind::kAdd;
  SetIndex set = 0;
  std::vector<Expression> key;
  std::vector<std::variant<Value, Expression>> data{};  // of a map
  std::optional<Nanoseconds> timeout{};                 // without it, that of the set
  ElementStatements statements{};                       // without any, those of the set
};

using Statement = std::variant<Match, Verdict, VerdictMap, Counter, Limit, Quota, Log, Reject,
                               Assignment, Nat, Notrack, FlowOffload, ConnectionCount, SetUpdate>;

// Statements are carried out in their order, as long as the packet matches.
struct Rule {
  std::vector<Statement> statements;
  std::string comment;
  std::uint64_t handle = 0;  // Linux's: unique in its table
  Place place;
};

enum class ChainType : std::uint8_t { kFilter, kNat, kRoute };

struct BaseChain {
  ChainType type = ChainType::kFilter;
  HookPlace hook = HookPlace::kForward;
  int priority = 0;
  bool accepts = true;                 // its policy
  std::vector<std::string> devices{};  // of kIngress; sorted
};

struct Chain {
  std::string name;
  std::optional<BaseChain> base{};
  std::vector<Rule> rules;
  std::string comment;
  std::uint64_t handle = 0;
  Place place;
};

struct Element {
  Key key;
  // Of a map. A Key has one interval for each of Set::data, if these are several or ranges.
  std::variant<std::monostate, Value, Verdict, Key> data{};
  std::optional<Nanoseconds> timeout{};  // without it, that of the set
  std::string comment;
  std::optional<Nanoseconds> expires{};  // what is left of the timeout
  ElementStatements statements{};
  bool catch_all = false;  // `*`: it has no key, and stands for what no other element has
};
// The order of elements in a set.
[[nodiscard]] inline bool comes_before(const Element& one, const Element& other) {
  return one.catch_all != other.catch_all ? other.catch_all : one.key < other.key;
}

// The type of one field of a key.
struct KeyPart {
  Type type;
  std::uint16_t width;  // bits
};
[[nodiscard]] inline KeyPart part_of(const Expression& expression) {
  return {expression.field->type, expression.field->width};
}
[[nodiscard]] std::vector<KeyPart> parts_of(std::span<const Expression> key);
// "ipv4_addr . inet_service"
[[nodiscard]] std::string types_text(std::span<const KeyPart> parts);

// A set or a map. A set of a rule's own has no name and no elements but those written there.
struct Set {
  enum class Kind : std::uint8_t { kSet, kMap, kVerdictMap };
  std::string name;
  Kind kind = Kind::kSet;
  std::vector<KeyPart> key;
  std::vector<KeyPart> data;   // of kMap: one value, or an address and a port
  bool data_interval = false;  // data are ranges
  bool constant = false;
  bool interval = false;  // elements may be ranges
  bool timeouts = false;  // elements may expire
  bool dynamic = false;   // rules add elements
  bool auto_merge = false;
  bool typeof_key = false;  // declared by `typeof`
  std::string typeof_text;
  bool is_meter = false;  // `meter NAME { ... }` made it: of one rule, and not listed
  std::optional<Nanoseconds> timeout{};
  std::optional<Nanoseconds> gc_interval{};
  std::uint32_t size = 0;          // 0: no limit of its own
  ElementStatements statements{};  // of elements that say none
  std::vector<Element> elements;
  std::string comment;
  std::uint64_t handle = 0;
  Place place;

  [[nodiscard]] bool is_anonymous() const { return name.empty(); }
};

template <class T>
struct Named {
  std::string name;
  T object;
  std::string comment;
  std::uint64_t handle = 0;
};

// Flows that `flow add` has put here take a short way from the devices' ingress.
struct Flowtable {
  std::string name;
  int priority = 0;
  std::vector<std::string> devices;  // sorted
  bool counter = false;
  bool offload = false;
  std::uint64_t handle = 0;
};

struct Table {
  Family family = Family::kIp;
  std::string name;
  bool dormant = false;
  std::vector<Chain> chains;
  std::vector<Set> sets;
  std::vector<Named<Counter>> counters;
  std::vector<Named<Limit>> limits;
  std::vector<Named<Quota>> quotas;
  std::vector<Flowtable> flowtables;
  std::string comment;
  std::uint64_t handle = 0;
  std::uint64_t handles = 0;  // the last one that was given in this table
};

struct Ruleset {
  std::vector<Table> tables;
  std::vector<std::shared_ptr<const OwnField>> own_fields;  // to which expressions point
};

}  // namespace ringroad::nft
