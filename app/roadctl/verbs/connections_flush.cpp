// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/connection_options.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::string render_connections_flush(const json& counts, const Display& /*display*/) {
  return fmt::format("{} connections removed\n", words(counts, "removed"));
}

const Registration kConnectionsFlush{
    {.group = "connections",
     .name = "flush",
     .usage = "[proto P] [src ADDR|PREFIX] [dst ADDR|PREFIX] [sport N] [dport N] [state S]\n"
              "[mark N]",
     .summary = "forget connections, all or those selected",
     .options = connections_options,
     .families = true,
     .examples = {"connections flush", "connections flush proto udp dport 53",
                  "-6 connections flush src 2001:db8::/32"},
     .render = render_connections_flush}};

}  // namespace
}  // namespace ringroad::roadctl
