// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A verb of the command line. Each verb has a file in verbs/, and a file of the same name in
// lib/control/verbs. A constant in each file registers the verb before main() runs.
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roadctl/asking.hpp"
#include "roadctl/display.hpp"
#include "roadctl/word_reader.hpp"

namespace ringroad::roadctl {

// An option of a verb that begins with "--".
struct Flag {
  std::string name;     // "--table"
  std::string value{};  // the value's name in help, "T"; empty: the flag has no value
  std::string summary;
  std::string key;                     // in the request's options
  std::vector<std::string> choices{};  // empty: any value
  bool number = false;                 // the value is a number
};

struct Verb {
  // Returns "show routes".
  [[nodiscard]] std::string full_name() const;

  std::string_view group;
  std::string_view name;   // empty: the verb is the group's name alone
  std::string_view usage;  // the words after the name, one line for each form
  std::string_view summary;
  // Converts the words after the verb into the request's options.
  Options (*options)(Words words);
  bool families = false;  // -4 and -6 choose among what it answers
  std::vector<Flag> flags{};
  std::vector<std::string_view> examples{};  // command lines without "roadctl"
  // Prints the answer for people; null: the verb prints nothing. An answer of a type other than
  // `answers` is printed as JSON.
  std::string (*render)(const nlohmann::json& answer, const Display& display) = nullptr;
  nlohmann::json::value_t answers = nlohmann::json::value_t::object;
  // How long it waits for an answer; 0: as long as the router takes.
  std::chrono::seconds patience{};
  // Set for a verb that needs more than one request.
  Outcome (*carry_out)(const CommandLine& line, const Surroundings& around) = nullptr;
};

class Registration {
 public:
  explicit Registration(Verb verb);
};

// The first word of verbs.
struct Group {
  std::string_view name;
  std::string_view alias;  // empty: none
  std::string_view summary;
};
[[nodiscard]] std::span<const Group> groups();

// Returns the verbs in the order of help: by group, and within a group in the order of the build's
// list of files.
[[nodiscard]] std::span<const Verb> verbs();
// Returns the names of a group's verbs, without the verb that is the group's name alone.
[[nodiscard]] std::vector<std::string_view> names_in(std::string_view group);
// Returns null if there is no such verb.
[[nodiscard]] const Verb* find_verb(std::string_view group, std::string_view name);
[[nodiscard]] const Verb* find_verb(std::span<const std::string> words);

// For a verb that takes no words.
[[nodiscard]] Options no_words(Words words);
// For a verb that may be followed by a port's name.
[[nodiscard]] Options optional_port(Words words);

}  // namespace ringroad::roadctl
