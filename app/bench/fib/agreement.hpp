// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// All subjects must give the same answers, otherwise their speeds cannot be compared.
#include <fmt/format.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "bench/fib/streams.hpp"
#include "bench/fib/subject.hpp"

namespace ringroad::bench {

template <class Address>
class Agreement {
 public:
  Agreement(std::string_view occasion, const Stream<Address>& stream)
      : occasion_{occasion}, stream_{stream} {}

  // Throws std::runtime_error if a subject differs from the first one, or its bulk lookup from its
  // single lookup.
  template <Lookup L>
  void check(std::string_view subject, const L& lookup) {
    lookup.prepare();
    const auto keys = stream_.template keys<typename L::Key>();
    std::vector<NextHopId> bulk;
    std::vector<NextHopId> single;
    std::vector<typename L::Answer> answers(kBurst);
    for (std::size_t i = 0; i < keys.size(); i += kBurst) {
      lookup.bulk(&keys[i], answers.data());
      for (std::size_t j = 0; j < kBurst; ++j) {
        bulk.push_back(L::next_hop(answers[j]));
        single.push_back(L::next_hop(lookup.one(keys[i + j])));
      }
    }
    if (first_.empty()) {
      first_subject_ = subject;
      first_ = bulk;
    }
    compare(fmt::format("{} in bulk", subject), bulk);
    compare(fmt::format("{} one by one", subject), single);
  }

 private:
  void compare(std::string_view subject, const std::vector<NextHopId>& answers) const {
    std::size_t differences = 0;
    std::string example;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i] != first_[i] && differences++ == 0) {
        example = fmt::format("{}: {}, {}: {}", stream_.address(i).to_string(), answers[i].value(),
                              first_subject_, first_[i].value());
      }
    }
    if (differences > 0) {
      throw std::runtime_error{fmt::format("{}: {} differs in {} answers of {}; the first: {}",
                                           occasion_, subject, differences, answers.size(),
                                           example)};
    }
  }

  std::string occasion_;
  const Stream<Address>& stream_;
  std::string first_subject_;
  std::vector<NextHopId> first_;
};

}  // namespace ringroad::bench
