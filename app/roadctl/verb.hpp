// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A verb of the command line. Each has a file in verbs/, and one of the same name in
// lib/control/verbs; a constant there adds it to the list before main() runs.
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roadctl/asking.hpp"
#include "roadctl/word_reader.hpp"

namespace ringroad::roadctl {

// An option of a verb that begins with "--".
struct Flag {
  std::string name;     // "--table"
  std::string value{};  // in help, "T"; empty: none follows
  std::string summary;
  std::string key;                     // in the request's options
  std::vector<std::string> choices{};  // empty: any value
};

struct Verb {
  std::string_view group;
  std::string_view name;
  std::string_view usage;  // what follows the name, one line a form
  std::string_view summary;
  // What the words after the verb ask for.
  Options (*options)(Words words);
  std::vector<Flag> flags{};
  // The answer for people; "" where there is nothing to say. An answer of another type than this
  // is printed as JSON.
  std::string (*render)(const nlohmann::json& answer, bool color) = nullptr;  // null: nothing
  nlohmann::json::value_t answers = nlohmann::json::value_t::object;
  // Where one request and its answer are not all.
  Outcome (*carry_out)(const CommandLine& line, const Surroundings& around) = nullptr;
};

class Registration {
 public:
  explicit Registration(Verb verb);
};

// What verbs begin with.
struct Group {
  std::string_view name;
  std::string_view alias;  // empty: none
  std::string_view summary;
};
[[nodiscard]] std::span<const Group> groups();

// In the order of help: by group, and in a group in the order of the build's list of files.
[[nodiscard]] std::span<const Verb> verbs();
// Null where there is none.
[[nodiscard]] const Verb* find_verb(std::string_view group, std::string_view name);

// Of a verb that nothing follows.
[[nodiscard]] Options no_words(Words words);
// Of a verb that a port's name may follow.
[[nodiscard]] Options optional_port(Words words);

}  // namespace ringroad::roadctl
