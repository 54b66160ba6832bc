// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads the words after a verb, in the syntax of ip(8), into a request's options: "10.0.0.0/8 via
// 192.168.1.2 metric 10" becomes {"prefix": "10.0.0.0/8", "via": "192.168.1.2", "metric": 10}. The
// router checks whether addresses are valid.
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace ringroad::roadctl {

using Words = std::span<const std::string>;
using Options = Result<nlohmann::json>;

// A word that is followed by a value, unless it is a flag.
struct Keyword {
  // kTexts may be given several times, which makes a list. A kGateway may begin with its family.
  enum class Kind : std::uint8_t { kText, kTexts, kGateway, kNumber, kFlag };
  std::string_view word;
  const char* key;  // of the option in the request
  Kind kind = Kind::kText;
};
inline constexpr Keyword kVia{"via", "via", Keyword::Kind::kGateway};
inline constexpr Keyword kVias{"via", "via", Keyword::Kind::kTexts};
inline constexpr Keyword kMetric{"metric", "metric", Keyword::Kind::kNumber};
inline constexpr Keyword kTable{"table", "table"};
inline constexpr Keyword kSource{"src", "source"};
inline constexpr Keyword kWeight{"weight", "weight", Keyword::Kind::kNumber};
inline constexpr Keyword kNexthop{"nexthop", "nexthops"};
inline constexpr Keyword kPort{"port", "port"};
inline constexpr Keyword kMac{"mac", "mac"};
inline constexpr Keyword kMtu{"mtu", "mtu", Keyword::Kind::kNumber};
inline constexpr Keyword kFrom{"from", "from"};
inline constexpr Keyword kProto{"proto", "proto"};
inline constexpr Keyword kSport{"sport", "sport", Keyword::Kind::kNumber};
inline constexpr Keyword kDport{"dport", "dport", Keyword::Kind::kNumber};
// The words that select connections, as in conntrack(8) and ss(8).
inline constexpr Keyword kSrc{"src", "src"};
inline constexpr Keyword kDst{"dst", "dst"};
inline constexpr Keyword kMark{"mark", "mark", Keyword::Kind::kNumber};
inline constexpr Keyword kOnlink{"onlink", "onlink", Keyword::Kind::kFlag};
inline constexpr Keyword kRecursive{"recursive", "recursive", Keyword::Kind::kFlag};
inline constexpr Keyword kPeer{"peer", "peer"};
inline constexpr Keyword kProtocol{"protocol", "protocol"};
inline constexpr Keyword kType{"type", "type"};
inline constexpr Keyword kState{"state", "state"};
inline constexpr Keyword kRoot{"root", "root"};
inline constexpr Keyword kTos{"tos", "tos", Keyword::Kind::kNumber};
inline constexpr Keyword kTtl{"ttl", "ttl", Keyword::Kind::kNumber};
inline constexpr Keyword kLength{"length", "length", Keyword::Kind::kNumber};
inline constexpr Keyword kDf{"df", "df", Keyword::Kind::kFlag};
inline constexpr Keyword kFlowLabel{"flowlabel", "flow_label", Keyword::Kind::kNumber};
// The names that IPv6 has for fields of IPv4.
inline constexpr Keyword kTrafficClass{"tclass", "tos", Keyword::Kind::kNumber};
inline constexpr Keyword kHopLimit{"hoplimit", "ttl", Keyword::Kind::kNumber};
// The names that ip(8) has for a port and a MAC address.
inline constexpr Keyword kDev{"dev", "port"};
inline constexpr Keyword kLladdr{"lladdr", "mac"};
inline constexpr Keyword kAddress{"address", "mac"};
inline constexpr Keyword kRouteProto{"proto", "protocol"};
inline constexpr Keyword kNud{"nud", "state"};

// Reads words into options. The first error is kept, and nothing is read after it.
class WordReader {
 public:
  WordReader(Words words, std::vector<Keyword> keywords)
      : words_{words}, keywords_{std::move(keywords)} {}

  WordReader& type();
  // Reads a word without a keyword, which messages call `name`.
  WordReader& subject(std::string_view name, const char* key);
  WordReader& optional_subject(const char* key);
  // Reads keywords and values up to `end`, or up to the last word.
  WordReader& pairs(std::string_view end = {});
  // Reads any number of "nexthop via ADDR [weight N]".
  WordReader& nexthops();
  // Makes the path of this option absolute, because the router has another working directory.
  WordReader& whole_path(const char* key);
  // Makes the name of a state the one that Linux prints: "syn-sent" becomes "SYN_SENT".
  WordReader& state_name();
  WordReader& require(std::initializer_list<const char*> keys);
  WordReader& complain(std::string what);

  [[nodiscard]] const nlohmann::json& options() const { return options_; }
  [[nodiscard]] Options result() {
    return what_.empty() ? Options{std::move(options_)} : fail(std::move(what_));
  }

 private:
  [[nodiscard]] bool good() const { return what_.empty(); }
  [[nodiscard]] bool more() const { return good() && !words_.empty(); }
  [[nodiscard]] bool at_subject() const;
  std::string take();
  void pair();

  Words words_;
  std::vector<Keyword> keywords_;
  nlohmann::json options_ = nlohmann::json::object();
  std::string what_;
};

}  // namespace ringroad::roadctl
