// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The words after a verb, in the manner of ip(8), as a request's options: "10.0.0.0/8 via
// 192.168.1.2 metric 10" is {"prefix": "10.0.0.0/8", "via": "192.168.1.2", "metric": 10}. Whether
// an address is one is for the router to say.
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

// A word that a value follows, unless it is a flag.
struct Keyword {
  enum class Kind : std::uint8_t { kText, kNumber, kFlag };
  std::string_view word;
  const char* key;  // of the option in the request
  Kind kind = Kind::kText;
};
inline constexpr Keyword kVia{"via", "via"};
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
inline constexpr Keyword kOnlink{"onlink", "onlink", Keyword::Kind::kFlag};
inline constexpr Keyword kRecursive{"recursive", "recursive", Keyword::Kind::kFlag};
inline constexpr Keyword kPeer{"peer", "peer"};
// What ip(8) calls a port and a MAC address.
inline constexpr Keyword kDev{"dev", "port"};
inline constexpr Keyword kLladdr{"lladdr", "mac"};
inline constexpr Keyword kAddress{"address", "mac"};

// Reads words into options; what is wrong first stays wrong, whatever is read after it.
class WordReader {
 public:
  WordReader(Words words, std::vector<Keyword> keywords)
      : words_{words}, keywords_{std::move(keywords)} {}

  WordReader& type();
  // The word that stands bare, called `name` in messages.
  WordReader& subject(std::string_view name, const char* key);
  WordReader& optional_subject(const char* key);
  // Up to `end`, or to the last word.
  WordReader& pairs(std::string_view end = {});
  // "nexthop via ADDR [weight N]", as often as it comes.
  WordReader& nexthops();
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
