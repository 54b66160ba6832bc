// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The measurements: every value of every round, as JSON for scripts/bench.
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ringroad::bench {

enum class Better : bool { kLower, kHigher };

struct Sample {
  std::string_view metric;
  double value;
  Better better = Better::kLower;
};
using Samples = std::vector<Sample>;

class Report {
 public:
  void add(const std::string& case_name, const std::string& subject, std::string_view peer,
           const Samples& samples);
  void about(const std::string& what, nlohmann::json value) { about_[what] = std::move(value); }
  [[nodiscard]] nlohmann::json json() const;

 private:
  struct Row {
    std::string case_name;
    std::string subject;
    std::string metric;
    std::string peer;
    Better better;
    std::vector<double> values;
  };
  std::vector<Row> rows_;  // in the order of their first value
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> row_of_;
  nlohmann::json about_;
};

// One case. Its subjects take turns, so that a temporary disturbance of the machine affects all of
// them.
class Contest {
 public:
  Contest(std::string name, std::string_view peer) : name_{std::move(name)}, peer_{peer} {}

  void add(std::string_view subject, std::function<Samples()> round) {
    contestants_.push_back({std::string{subject}, std::move(round)});
  }
  void run(unsigned rounds, Report& report) const;

 private:
  struct Contestant {
    std::string subject;
    std::function<Samples()> round;
  };
  std::string name_;
  std::string peer_;
  std::vector<Contestant> contestants_;
};

}  // namespace ringroad::bench
