// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "roadctl/nearest.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

enum class Kind : std::uint8_t { kText, kNumber, kFlag };

struct Keyword {
  std::string_view word;
  // The option's key in the request.
  const char* key;
  Kind kind = Kind::kText;
};

constexpr Keyword kVia{"via", "via"};
constexpr Keyword kMetric{"metric", "metric", Kind::kNumber};
constexpr Keyword kTable{"table", "table"};
constexpr Keyword kSource{"src", "source"};
constexpr Keyword kWeight{"weight", "weight", Kind::kNumber};
constexpr Keyword kNexthop{"nexthop", "nexthops"};
constexpr Keyword kPort{"port", "port"};
constexpr Keyword kMac{"mac", "mac"};
constexpr Keyword kMtu{"mtu", "mtu", Kind::kNumber};
constexpr Keyword kFrom{"from", "from"};
constexpr Keyword kProto{"proto", "proto"};
constexpr Keyword kSport{"sport", "sport", Kind::kNumber};
constexpr Keyword kDport{"dport", "dport", Kind::kNumber};
constexpr Keyword kOnlink{"onlink", "onlink", Kind::kFlag};
constexpr Keyword kRecursive{"recursive", "recursive", Kind::kFlag};
constexpr Keyword kPeer{"peer", "peer"};
// What ip neigh calls them.
constexpr Keyword kDev{"dev", "port"};
constexpr Keyword kLladdr{"lladdr", "mac"};
constexpr Keyword kAddress{"address", "mac"};

using Keywords = std::vector<Keyword>;

const Keyword* find(const Keywords& keywords, std::string_view word) {
  const auto found = std::ranges::find(keywords, word, &Keyword::word);
  return found == keywords.end() ? nullptr : &*found;
}

Result<json> value_of(const Keyword& keyword, const std::string& text) {
  if (keyword.kind == Kind::kText) {
    return json(text);
  }
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) {
    return fail(fmt::format("{} {}: not a number from 0 to 4294967295", keyword.word, text));
  }
  return json(number);
}

// Reads words into options; what is wrong first stays wrong, whatever is read after it.
class Reader {
 public:
  Reader(Words words, Keywords keywords) : words_{words}, keywords_{std::move(keywords)} {}

  Reader& type();
  // The word that stands bare, called `name` in messages.
  Reader& subject(std::string_view name, const char* key);
  Reader& optional_subject(const char* key);
  // Up to `end`, or to the last word.
  Reader& pairs(std::string_view end = {});
  // "nexthop via ADDR [weight N]", as often as it comes.
  Reader& nexthops();
  Reader& require(std::initializer_list<const char*> keys);
  Reader& complain(std::string what);

  [[nodiscard]] const json& options() const { return options_; }
  [[nodiscard]] Options result() {
    return what_.empty() ? Options{std::move(options_)} : fail(std::move(what_));
  }

 private:
  [[nodiscard]] bool good() const { return what_.empty(); }
  [[nodiscard]] bool more() const { return good() && !words_.empty(); }
  [[nodiscard]] bool at_subject() const {
    return more() && find(keywords_, words_.front()) == nullptr;
  }
  std::string take();
  void pair();

  Words words_;
  Keywords keywords_;
  json options_ = json::object();
  std::string what_;
};

std::string Reader::take() {
  std::string word = words_.front();
  words_ = words_.subspan(1);
  return word;
}

Reader& Reader::complain(std::string what) {
  if (good()) {
    what_ = std::move(what);
  }
  return *this;
}

Reader& Reader::type() {
  constexpr std::array<std::string_view, 4> kTypes{"unicast", "blackhole", "unreachable",
                                                   "prohibit"};
  if (more() && std::ranges::find(kTypes, words_.front()) != kTypes.end()) {
    options_["type"] = take();
  }
  return *this;
}

Reader& Reader::subject(std::string_view name, const char* key) {
  if (!at_subject()) {
    return complain(fmt::format("{} is missing", name));
  }
  return optional_subject(key);
}

Reader& Reader::optional_subject(const char* key) {
  if (at_subject()) {
    options_[key] = take();
  }
  return *this;
}

Reader& Reader::pairs(std::string_view end) {
  while (more() && words_.front() != end) {
    pair();
  }
  return *this;
}

void Reader::pair() {
  const std::string word = take();
  const Keyword* const keyword = find(keywords_, word);
  if (keyword == nullptr) {
    std::vector<std::string> known;
    for (const Keyword& candidate : keywords_) {
      known.emplace_back(candidate.word);
    }
    complain(fmt::format("unknown word '{}'{}", word, hint(word, known)));
  } else if (options_.contains(keyword->key)) {
    complain(fmt::format("'{}' is given twice", word));
  } else if (keyword->kind == Kind::kFlag) {
    options_[keyword->key] = true;
  } else if (words_.empty()) {
    complain(fmt::format("'{}' needs a value", word));
  } else if (auto value = value_of(*keyword, take()); value) {
    options_[keyword->key] = std::move(*value);
  } else {
    complain(value.error().what);
  }
}

Reader& Reader::nexthops() {
  while (more() && words_.front() == kNexthop.word) {
    take();
    const auto next = std::ranges::find(words_, kNexthop.word);
    const auto own = words_.first(static_cast<std::size_t>(next - words_.begin()));
    words_ = words_.subspan(own.size());
    Options hop = Reader{own, {kVia, kPort, kDev, kOnlink, kRecursive, kWeight}}
                      .pairs()
                      .require({"via"})
                      .result();
    if (!hop) {
      return complain("nexthop: " + hop.error().what);
    }
    hop->emplace("weight", 1);
    options_[kNexthop.key].push_back(std::move(*hop));
  }
  return *this;
}

Reader& Reader::require(std::initializer_list<const char*> keys) {
  for (const char* const key : keys) {
    if (!options_.contains(key)) {
      complain(fmt::format("'{}' is missing", key));
    }
  }
  return *this;
}

}  // namespace

Options show_options(Words words) { return Reader{words, {}}.pairs().result(); }

Options show_routes_options(Words words) {
  return Reader{words, {kTable}}.optional_subject("prefix").pairs().result();
}

Options show_port_options(Words words) {
  return Reader{words, {kPort, kDev}}.optional_subject("port").pairs().result();
}

namespace {

// What names a route and its next hops.
Reader route_reader(Words words) {
  Reader reader{words,
                {kVia, kPort, kDev, kOnlink, kRecursive, kMetric, kTable, kSource, kNexthop}};
  reader.type().subject("PREFIX", "prefix").pairs(kNexthop.word).nexthops();
  const json& options = reader.options();
  for (const char* const key : {"via", "port"}) {
    if (options.contains(key) && options.contains("nexthops")) {
      reader.complain(fmt::format("'{}' and 'nexthop' exclude each other", key));
    }
  }
  for (const char* const key : {"onlink", "recursive"}) {
    if (options.contains(key) && !options.contains("via")) {
      reader.complain(fmt::format("'{}' says something of a gateway: 'via ADDR' is missing", key));
    }
  }
  return reader;
}

}  // namespace

Options route_set_options(Words words) {
  Reader reader = route_reader(words);
  const json& given = reader.options();
  const bool has_hop =
      given.contains("via") || given.contains("port") || given.contains("nexthops");
  const std::string type = given.value("type", "unicast");
  if (type == "unicast" && !has_hop) {
    reader.complain("'via ADDR' is missing");
  }
  if (type != "unicast" && has_hop) {
    reader.complain(fmt::format("a {} route has no next hop", type));
  }
  if (given.contains("onlink") && !given.contains("port")) {
    reader.complain("'onlink' needs the port whose link the gateway is on: 'port P'");
  }
  Options options = reader.result();
  if (options) {
    options->emplace("type", type);
  }
  return options;
}

Options route_del_options(Words words) {
  Options options = route_reader(words).result();
  if (options && options->contains("nexthops")) {
    for (json& hop : (*options)["nexthops"]) {
      hop.erase("weight");
    }
  }
  return options;
}

Options route_get_options(Words words) {
  return Reader{words, {kFrom, kProto, kSport, kDport}}.subject("ADDR", "address").pairs().result();
}

Options route_load_options(Words words) {
  Options options = Reader{words, {kVia, kMetric, kTable}}
                        .subject("FILE", "file")
                        .pairs()
                        .require({"via"})
                        .result();
  if (options) {
    // The router's working directory is not ours.
    const std::filesystem::path file = (*options)["file"].get<std::string>();
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(file, error);
    (*options)["file"] = (error ? file : whole.lexically_normal()).string();
  }
  return options;
}

Options neighbor_add_options(Words words) {
  return Reader{words, {kPort, kMac, kDev, kLladdr}}
      .subject("ADDR", "address")
      .pairs()
      .require({"port", "mac"})
      .result();
}

Options neighbor_del_options(Words words) {
  return Reader{words, {kPort, kDev}}.subject("ADDR", "address").pairs().require({"port"}).result();
}

Options neighbor_flush_options(Words words) {
  return Reader{words, {kPort, kDev}}.pairs().result();
}

Options link_set_options(Words words) {
  // "up" and "down" have no value and may stand anywhere after the port's name.
  std::vector<std::string> others;
  others.reserve(words.size());
  std::vector<bool> ups;
  for (const std::string& word : words) {
    const bool is_state = word == "up" || word == "down";
    if (is_state && !others.empty() && others != std::vector<std::string>{"dev"}) {
      ups.push_back(word == "up");
    } else {
      others.push_back(word);
    }
  }
  Words rest{others};
  if (!rest.empty() && rest.front() == "dev") {
    rest = rest.subspan(1);
  }
  Reader reader{rest, {kMtu, kMac, kAddress}};
  reader.subject("P", "port").pairs();
  if (ups.size() > 1) {
    reader.complain("'up' or 'down' is given once");
  }
  Options options = reader.result();
  if (options && !ups.empty()) {
    (*options)["up"] = ups.front();
  }
  if (options && options->size() == 1) {
    return fail("what is to be set? up, down, mtu N or mac M");
  }
  return options;
}

Options address_options(Words words) {
  return Reader{words, {kPort, kDev, kPeer}}
      .subject("ADDR/LENGTH", "address")
      .pairs()
      .require({"port"})
      .result();
}

Options bands_delays_options(Words words) {
  if (words.empty() || (words.front() != "on" && words.front() != "off")) {
    return fail("'on' or 'off' is missing");
  }
  Options options =
      Reader{words.subspan(1), {kPort, kDev}}.optional_subject("port").pairs().result();
  if (options) {
    (*options)["on"] = words.front() == "on";
  }
  return options;
}

}  // namespace ringroad::roadctl
