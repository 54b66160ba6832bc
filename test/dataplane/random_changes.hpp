// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Random requests that change a router. Most are valid, some have one of several faults.
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace ringroad::test {

struct Request {
  nlohmann::json verb;
  nlohmann::json options = nlohmann::json::object();

  [[nodiscard]] std::string group() const { return verb.at(0).get<std::string>(); }
  [[nodiscard]] std::string name() const { return verb.at(1).get<std::string>(); }
  [[nodiscard]] nlohmann::json json() const { return {{"verb", verb}, {"options", options}}; }
};

// The values that requests use. There are few of each kind, so that requests interact.
struct Pools {
  std::vector<std::string> ports{"a", "b", "c", "a.9"};
  std::vector<std::string> addresses{
      "192.168.1.9/24", "192.168.1.9/25",   "192.168.1.1/24",
      "192.168.2.1/24", "192.168.2.7/24",   "10.0.0.1/8",
      "10.0.0.1/16",    "10.0.0.129/25",    "10.0.0.1/32",
      "172.16.0.1/31",  "10.0.0.127/24",    "10.0.0.1 peer 10.0.0.2/32",
      "10.9.0.1/24",    "192.168.1.255/24", "10.0.0.1 peer 172.16.5.9/24"};
  std::vector<std::string> gateways{"192.168.1.2", "192.168.1.3", "192.168.2.2", "192.168.2.3",
                                    "10.9.0.2",    "10.0.0.2",    "172.16.9.9",  "192.168.1.200"};
  std::vector<std::string> prefixes{
      "default",        "10.0.0.0/8", "10.0.0.0/24", "10.0.0.2", "172.16.0.0/12", "192.168.1.0/24",
      "192.168.2.0/25", "20.0.0.0/8", "20.1.0.0/16", "20.1.2.3", "172.16.9.9"};
  std::vector<std::string> macs{"02:00:00:00:00:31", "02:00:00:00:00:32", "02:00:00:00:00:33"};
};

class RandomChanges {
 public:
  explicit RandomChanges(std::uint32_t seed) : random_{seed} {}

  [[nodiscard]] Request next();
  [[nodiscard]] bool one_in(unsigned times) { return below(times) == 0; }
  [[nodiscard]] const Pools& pools() const { return pools_; }

 private:
  [[nodiscard]] unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  [[nodiscard]] const std::string& any(const std::vector<std::string>& pool) {
    return pool[below(static_cast<unsigned>(pool.size()))];
  }
  [[nodiscard]] nlohmann::json next_hop();
  [[nodiscard]] Request route();
  [[nodiscard]] Request neighbor();
  [[nodiscard]] Request link();
  void spoil(Request& request);

  std::mt19937 random_;
  Pools pools_;
};

}  // namespace ringroad::test
