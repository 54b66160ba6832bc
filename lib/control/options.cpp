// SPDX-License-Identifier: BSD-3-Clause
#include "control/options.hpp"

#include <array>
#include <vector>

#include "base/nearest.hpp"

namespace ringroad::control {

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  constexpr std::array kNames{std::pair{std::string_view{"icmp"}, std::uint8_t{1}},
                              std::pair{std::string_view{"tcp"}, std::uint8_t{6}},
                              std::pair{std::string_view{"udp"}, std::uint8_t{17}}};
  for (const auto& [name, number] : kNames) {
    if (name == text) {
      return number;
    }
  }
  return std::nullopt;
}

std::optional<fib::Table> read_table(const Router& router, Options& options) {
  if (!options.has("table")) {
    return std::nullopt;
  }
  const std::string text = options.text("table");
  const auto table = router.configuration().table_names().parse(text);
  if (!table) {
    options.complain(
        fmt::format("there is no table '{}': it is main, default, local, a name under tables in "
                    "the configuration, or a number of 1 to 255",
                    text));
  }
  return table;
}

const interface::InterfaceView* port_of(Router& router, Options& options, const char* key) {
  const std::string name = options.text(key);
  const interface::InterfaceView* const port = router.world().find_port(name);
  if (port == nullptr) {
    std::vector<std::string_view> known;
    for (const interface::InterfaceView& view : router.world().ports()) {
      known.emplace_back(view.name);
    }
    options.complain(fmt::format("there is no port '{}'{}", name, hint(name, known)));
  }
  return port;
}

std::optional<InterfaceId> optional_port(Router& router, Options& options) {
  const interface::InterfaceView* const port =
      options.has("port") ? port_of(router, options) : nullptr;
  return port != nullptr ? std::optional{port->id} : std::nullopt;
}

std::optional<PortId> optional_device(Router& router, Options& options) {
  const std::optional<InterfaceId> port = optional_port(router, options);
  return port ? std::optional{router.world().port(*port).egress} : std::nullopt;
}

}  // namespace ringroad::control
