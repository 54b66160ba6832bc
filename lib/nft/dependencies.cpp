// SPDX-License-Identifier: BSD-3-Clause
// nft's payload_dependency_kill: a match that a field behind it implies is not listed.
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr std::uint8_t kTcp = 6;

class Dependencies {
 public:
  explicit Dependencies(Family family) : family_{family} {}

  void statement(Statement& statement) {
    if (auto* const match = std::get_if<Match>(&statement)) {
      uses(match->left, asks_presence_only(*match));
      learn(*match);
    } else if (const auto* const map = std::get_if<VerdictMap>(&statement)) {
      uses(map->key, false);
    } else if (const auto* const assignment = std::get_if<Assignment>(&statement)) {
      if (const auto* const lookup = std::get_if<MapLookup>(&assignment->value)) {
        uses(lookup->key, false);
      } else if (const auto* const from = std::get_if<Expression>(&assignment->value)) {
        use(*from->field, false);
      }
      use(*assignment->target, assignment->target->source == Source::kTcpOption);
      forget();
    } else {
      if (const auto* const reject = std::get_if<Reject>(&statement); reject != nullptr) {
        this->reject(*reject);
      }
      if (const auto* const nat = std::get_if<Nat>(&statement);
          nat != nullptr && nat->map && !nat->map_gives_port) {
        uses(nat->map->key, false);
      }
      forget();
    }
  }

 private:
  // An option that is missing says nothing of the protocol.
  static bool asks_presence_only(const Match& match) {
    if (match.left.size() != 1 || !match.left[0].field->presence) {
      return false;
    }
    const auto* const key = std::get_if<Key>(&match.right);
    constexpr Value kExists{1};
    return match.comparison != Comparison::kEqual || key == nullptr ||
           key->front() != Interval{kExists, kExists};
  }
  // What a reject implies is in front of the whole rule. Behind something that a rule has done,
  // that would be another rule.
  void reject(const Reject& reject) {
    const bool is_reset = reject.kind == Reject::Kind::kTcpReset;
    if (has_effect_) {
      return;
    }
    if (is_reset && family_ != Family::kInet && protocol_ != nullptr && number_ == kTcp) {
      protocol_->implied = true;
    }
    const bool is_family = (reject.kind == Reject::Kind::kIcmp && need_ == FamilyNeed::kIp) ||
                           (reject.kind == Reject::Kind::kIcmp6 && need_ == FamilyNeed::kIp6);
    if (is_family && network_ != nullptr) {
      network_->implied = true;
    }
  }
  void forget() {
    network_ = nullptr;
    protocol_ = nullptr;
    has_effect_ = true;
  }
  void uses(const std::vector<Expression>& expressions, bool only_presence) {
    for (const Expression& expression : expressions) {
      use(*expression.field, only_presence);
    }
  }
  void use(const Field& field, bool only_presence) {
    if (field.generator != nullptr) {
      uses(field.generator->key, false);
      return;
    }
    if (field.source == Source::kCt) {
      // A port of a connection needs the protocol that was asked for.
      protocol_ = field.type == Type::kPort ? nullptr : protocol_;
      return;
    }
    if (network_ != nullptr && field.family == need_) {
      network_->implied = true;
      network_ = nullptr;
    }
    const bool is_option = field.source == Source::kTcpOption && number_ == kTcp && !only_presence;
    if (protocol_ != nullptr && (is_option || (field.protocol && field.protocol == number_))) {
      protocol_->implied = true;
      protocol_ = nullptr;
    }
  }
  void learn(Match& match) {
    const Expression& left = match.left.front();
    const auto* const key = std::get_if<Key>(&match.right);
    if (match.left.size() != 1 || match.comparison != Comparison::kEqual || !left.is_plain() ||
        key == nullptr || !key->front().is_single()) {
      return;
    }
    const std::string_view name = left.field->name;
    const std::uint64_t value = key->front().first.low;
    const bool is_protocol = name == "meta l4proto" ||
                             (name == "ip protocol" && family_ == Family::kIp) ||
                             (name == "ip6 nexthdr" && family_ == Family::kIp6);
    if (is_protocol) {
      if (protocol_ != nullptr && number_ == value) {
        protocol_->implied = true;
      }
      protocol_ = &match;
      number_ = static_cast<std::uint8_t>(value);
    } else if (name == "meta nfproto" && (value == 2 || value == 10)) {
      network_ = &match;
      need_ = value == 2 ? FamilyNeed::kIp : FamilyNeed::kIp6;
    } else if (const FamilyNeed need = family_of_type(key->front().first);
               name == "meta protocol" && family_ == Family::kNetdev && need != FamilyNeed::kNone) {
      network_ = &match;
      need_ = need;
    }
  }

  Family family_;
  // What the rule has asked for, and no field has implied yet.
  Match* network_ = nullptr;
  FamilyNeed need_ = FamilyNeed::kNone;
  Match* protocol_ = nullptr;
  std::uint8_t number_ = 0;
  bool has_effect_ = false;
};

}  // namespace

void Parser::hide_dependencies(Rule& rule) const {
  Dependencies dependencies{table_->family};
  for (Statement& statement : rule.statements) {
    dependencies.statement(statement);
  }
}

}  // namespace ringroad::nft
