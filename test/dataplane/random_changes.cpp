// SPDX-License-Identifier: BSD-3-Clause
#include "random_changes.hpp"

#include <array>

namespace ringroad::test {

using nlohmann::json;

json RandomChanges::next_hop() {
  json hop{{"via", any(pools_.gateways)}};
  if (one_in(3)) {
    hop["port"] = any(pools_.ports);
    if (one_in(2)) {
      hop["onlink"] = true;
    }
  }
  return hop;
}

Request RandomChanges::route() {
  constexpr std::array kNames{"add", "add", "del", "del", "replace", "change", "append", "append"};
  Request request{{"route", kNames.at(below(kNames.size()))}};
  json& options = request.options;
  options["prefix"] = any(pools_.prefixes);
  if (one_in(3)) {
    options["metric"] = below(3);
  }
  if (one_in(6)) {
    options["table"] = std::array{"main", "default", "7"}.at(below(3));
  }
  const bool is_del = request.name() == "del";
  if (is_del && one_in(2)) {
    return request;
  }
  switch (below(8)) {
    case 0:
      options["type"] = std::array{"blackhole", "unreachable", "prohibit"}.at(below(3));
      break;
    case 1:
      options["port"] = any(pools_.ports);
      break;
    case 2:
    case 3:
      for (unsigned i = 0; i < 1 + below(3); ++i) {
        options["nexthops"].push_back(next_hop());
        if (one_in(2) && !is_del) {
          options["nexthops"].back()["weight"] = 1 + below(4);
        }
      }
      break;
    default:
      options.update(next_hop());
  }
  if (one_in(6)) {
    options["source"] = std::array{"192.168.1.1", "10.0.0.1", "192.168.2.1"}.at(below(3));
  }
  return request;
}

Request RandomChanges::neighbor() {
  constexpr std::array kNames{"add", "replace", "del", "flush"};
  Request request{{"neighbor", kNames.at(below(kNames.size()))}};
  if (request.name() == "flush") {
    if (one_in(2)) {
      request.options["port"] = any(pools_.ports);
    }
    return request;
  }
  request.options = {{"address", any(pools_.gateways)}, {"port", any(pools_.ports)}};
  if (request.name() != "del") {
    request.options["mac"] = any(pools_.macs);
  }
  return request;
}

Request RandomChanges::link() {
  Request request{{"link", "set"}, {{"port", any(pools_.ports)}}};
  if (one_in(2)) {
    request.options["up"] = !one_in(3);
  }
  if (one_in(2)) {
    request.options["mtu"] = std::array{60U, 68U, 576U, 1400U, 1500U, 1501U, 9999U}.at(below(7));
  }
  if (one_in(3)) {
    request.options["mac"] = one_in(3) ? "01:00:5e:00:00:01" : any(pools_.macs);
  }
  return request;
}

// Makes one part of the request invalid.
void RandomChanges::spoil(Request& request) {
  json& options = request.options;
  switch (below(4)) {
    case 0:
      options["color"] = "blue";
      break;
    case 1:
      options["port"] = "nowhere";
      break;
    case 2:
      options[one_in(2) ? "prefix" : "address"] = json::array({1});
      break;
    default:
      options["metric"] = "many";
      options["mtu"] = -1;
  }
}

Request RandomChanges::next() {
  Request request;
  switch (below(10)) {
    case 0:
    case 1:
      request = {{"address", one_in(2) ? "add" : "del"},
                 {{"address", any(pools_.addresses)}, {"port", any(pools_.ports)}}};
      break;
    case 2:
      request = link();
      break;
    case 3:
      request = neighbor();
      break;
    default:
      request = route();
  }
  if (one_in(20)) {
    spoil(request);
  }
  return request;
}

}  // namespace ringroad::test
