// SPDX-License-Identifier: BSD-3-Clause
#include "bench/report.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace ringroad::bench {

void Report::add(const std::string& case_name, const std::string& subject, std::string_view peer,
                 const Samples& samples) {
  for (const Sample& sample : samples) {
    const auto [found, added] =
        row_of_.try_emplace({case_name, subject, std::string{sample.metric}}, rows_.size());
    if (added) {
      rows_.push_back(
          {case_name, subject, std::string{sample.metric}, std::string{peer}, sample.better, {}});
    }
    rows_[found->second].values.push_back(sample.value);
  }
}

nlohmann::json Report::json() const {
  auto rows = nlohmann::json::array();
  for (const Row& row : rows_) {
    rows.push_back({{"case", row.case_name},
                    {"subject", row.subject},
                    {"metric", row.metric},
                    {"peer", row.peer},
                    {"lower_is_better", row.better == Better::kLower},
                    {"values", row.values}});
  }
  return {{"machine", about_}, {"measurements", rows}};
}

void Contest::run(unsigned rounds, Report& report) const {
  if (contestants_.empty()) {
    return;
  }
  fmt::print(stderr, "{}\n", name_);
  for (unsigned round = 0; round < rounds; ++round) {
    for (const Contestant& contestant : contestants_) {
      report.add(name_, contestant.subject, peer_, contestant.round());
    }
  }
}

}  // namespace ringroad::bench
