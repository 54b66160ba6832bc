// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/word_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/enums.hpp"
#include "roadctl/nearest.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

const Keyword* find(const std::vector<Keyword>& keywords, std::string_view word) {
  const auto found = std::ranges::find(keywords, word, &Keyword::word);
  return found == keywords.end() ? nullptr : &*found;
}

Result<json> value_of(const Keyword& keyword, const std::string& text) {
  if (keyword.kind != Keyword::Kind::kNumber) {
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

}  // namespace

bool WordReader::at_subject() const { return more() && find(keywords_, words_.front()) == nullptr; }

std::string WordReader::take() {
  std::string word = words_.front();
  words_ = words_.subspan(1);
  return word;
}

WordReader& WordReader::complain(std::string what) {
  if (good()) {
    what_ = std::move(what);
  }
  return *this;
}

WordReader& WordReader::type() {
  if (more() && parse_static_route_type(words_.front())) {
    options_["type"] = take();
  }
  return *this;
}

WordReader& WordReader::subject(std::string_view name, const char* key) {
  if (!at_subject()) {
    return complain(fmt::format("{} is missing", name));
  }
  return optional_subject(key);
}

WordReader& WordReader::optional_subject(const char* key) {
  if (at_subject()) {
    options_[key] = take();
  }
  return *this;
}

WordReader& WordReader::pairs(std::string_view end) {
  while (more() && words_.front() != end) {
    pair();
  }
  return *this;
}

void WordReader::pair() {
  const std::string word = take();
  const Keyword* const keyword = find(keywords_, word);
  if (keyword == nullptr) {
    std::vector<std::string> known;
    known.reserve(keywords_.size());
    for (const Keyword& candidate : keywords_) {
      known.emplace_back(candidate.word);
    }
    complain(fmt::format("unknown word '{}'{}", word, hint(word, known)));
  } else if (options_.contains(keyword->key) && keyword->kind != Keyword::Kind::kTexts) {
    complain(fmt::format("'{}' is given twice", word));
  } else if (keyword->kind == Keyword::Kind::kFlag) {
    options_[keyword->key] = true;
  } else if (words_.empty()) {
    complain(fmt::format("'{}' needs a value", word));
  } else if (keyword->kind == Keyword::Kind::kGateway && words_.size() > 1 &&
             (words_.front() == "inet" || words_.front() == "inet6")) {
    const bool is_ipv6 = take() == "inet6";
    options_[keyword->key] = take();
    if (options_[keyword->key].get_ref<const std::string&>().contains(':') != is_ipv6) {
      complain(fmt::format("'{}' is no {} address", options_[keyword->key].get<std::string>(),
                           is_ipv6 ? "IPv6" : "IPv4"));
    }
  } else if (auto value = value_of(*keyword, take()); value) {
    json& option = options_[keyword->key];
    if (option.is_string()) {
      option = json::array({option});
    }
    if (option.is_array()) {
      option.push_back(std::move(*value));
    } else {
      option = std::move(*value);
    }
  } else {
    complain(value.error().what);
  }
}

WordReader& WordReader::nexthops() {
  while (more() && words_.front() == kNexthop.word) {
    take();
    const auto next = std::ranges::find(words_, kNexthop.word);
    const auto own = words_.first(static_cast<std::size_t>(next - words_.begin()));
    words_ = words_.subspan(own.size());
    Options hop = WordReader{own, {kVia, kPort, kDev, kOnlink, kRecursive, kWeight}}
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

WordReader& WordReader::whole_path(const char* key) {
  if (const auto option = options_.find(key); option != options_.end()) {
    const std::filesystem::path path = option->get<std::string>();
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(path, error);
    *option = (error ? path : whole.lexically_normal()).string();
  }
  return *this;
}

WordReader& WordReader::state_name() {
  if (const auto option = options_.find("state"); option != options_.end()) {
    auto& state = option->get_ref<std::string&>();
    std::ranges::transform(state, state.begin(), [](unsigned char letter) {
      return letter == '-' ? '_' : static_cast<char>(std::toupper(letter));
    });
  }
  return *this;
}

WordReader& WordReader::require(std::initializer_list<const char*> keys) {
  for (const char* const key : keys) {
    if (!options_.contains(key)) {
      complain(fmt::format("'{}' is missing", key));
    }
  }
  return *this;
}

}  // namespace ringroad::roadctl
