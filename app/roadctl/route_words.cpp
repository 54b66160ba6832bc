// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/route_words.hpp"

#include <fmt/format.h>

namespace ringroad::roadctl {

using nlohmann::json;

WordReader route_reader(Words words) {
  WordReader reader{words,
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

}  // namespace ringroad::roadctl
