// SPDX-License-Identifier: BSD-3-Clause
#include "config/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/mac.hpp"
#include "base/nearest.hpp"
#include "config/model.hpp"
#include "config/scalars.hpp"
#include "port/budget.hpp"

namespace ringroad::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The form is "0000:03:00.0", or "03:00.0" for domain 0.
bool is_pci_address(std::string_view text) {
  constexpr std::string_view kForm = "hhhh:hh:hh.d";
  const std::string_view form = text.size() == kForm.size() ? kForm : kForm.substr(5);
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == 'h' ? is_hex(c) : c == wanted || (wanted == 'd' && c >= '0' && c <= '7');
  });
}

// The form in which DPDK knows the device, so that two spellings of one device are equal.
std::string pci_identity(std::string_view device) {
  std::string address{device};
  std::ranges::transform(address, address.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return address.size() == 7 ? "0000:" + address : address;
}

// The form is "net_af_packet0,iface=x": a driver's name with a number, then arguments.
bool is_vdev(std::string_view name) {
  return (name.starts_with("net_") || name.starts_with("eth_")) && is_digit(name.back()) &&
         std::ranges::all_of(
             name, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_'; });
}

// The rules of Linux's dev_valid_name().
bool is_interface(std::string_view name) {
  constexpr std::size_t kLongest = 15;
  return !name.empty() && name.size() <= kLongest && name != "." && name != ".." &&
         std::ranges::none_of(name,
                              [](char c) { return c == '/' || c == ':' || c <= ' ' || c == 0x7f; });
}

std::string no_device(std::string_view text, std::size_t number) {
  if (text.starts_with("net_") && port::family_of(fmt::format("{}0", text)) != nullptr) {
    return fmt::format("{} has no number; write {}{}", text, text, number);
  }
  if (is_interface(text) && is_alpha(text.front()) && !text.starts_with("net_") &&
      text.find(',') == std::string_view::npos) {
    return fmt::format(
        "{} is no device of DPDK's; for the kernel's interface of that name write "
        "net_af_packet{},iface={}",
        text, number, text);
  }
  return fmt::format(
      "{} is neither a PCI address (0000:03:00.0) nor a DPDK virtual device "
      "(net_tap0,iface=tap0)",
      shown(text));
}

std::string no_driver(std::string_view name) {
  const std::string_view driver = name.substr(0, name.find_last_not_of("0123456789") + 1);
  if (driver == "net_bonding") {
    return "bonds are not there; give each link a port of its own, and routes several nexthops";
  }
  const std::vector<std::string_view> known = port::family_drivers();
  return fmt::format("no port is made by a driver {}{}", driver, hint(driver, known));
}

// Splits as rte_kvargs does: at commas outside brackets.
std::optional<std::vector<std::string_view>> split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && !inside)) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == '[' || text[i] == ']') {
      inside = text[i] == '[';
    }
  }
  return inside ? std::nullopt : std::optional{parts};
}

// What is wrong with "key=value"; empty if nothing is.
std::string fault_of(const port::Argument& argument, std::string_view value) {
  using Kind = port::Argument::Kind;
  const auto wrong = [&](const std::string& wanted) {
    return fmt::format("{}={} is not {}", argument.key, shown(value), wanted);
  };
  if (value.empty()) {
    return fmt::format("{} has no value", argument.key);
  }
  switch (argument.kind) {
    case Kind::kNumber: {
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      const bool good = error == std::errc{} && end == value.data() + value.size() &&
                        number >= argument.least && number <= argument.most;
      return good ? "" : wrong(fmt::format("a number of {} to {}", argument.least, argument.most));
    }
    case Kind::kWord:
      return std::ranges::find(argument.words, value) != argument.words.end()
                 ? ""
                 : wrong(fmt::format("one of {}", fmt::join(argument.words, ", ")));
    case Kind::kMac: {
      const auto mac = Mac::parse(std::string{value});
      const bool word = std::ranges::find(argument.words, value) != argument.words.end();
      return word || (mac && mac->is_station()) ? "" : wrong("a station's MAC address");
    }
    case Kind::kInterface:
      return is_interface(value) ? "" : wrong("a name that an interface can have");
    case Kind::kText:
    case Kind::kPath:
      break;
  }
  return "";
}

// Reads `text`, the part after the device's name, and reports arguments that the driver would
// refuse.
// "iface=x" is the key iface with the value x.
std::pair<std::string_view, std::string_view> key_and_value(std::string_view part) {
  const std::string_view key = part.substr(0, part.find('='));
  return {key, part.size() > key.size() ? part.substr(key.size() + 1) : std::string_view{}};
}

std::optional<port::Arguments> read_arguments(const Value& value, const port::Family& family,
                                              std::string_view text) {
  const auto parts = split(text);
  if (!parts) {
    value.problem("a bracket is not closed");
    return std::nullopt;
  }
  port::Arguments arguments;
  bool good = true;
  const auto refuse = [&](const std::string& what) {
    value.problem(what);
    good = false;
  };
  std::vector<std::string_view> keys;
  std::ranges::transform(family.arguments, std::back_inserter(keys), &port::Argument::key);
  for (const std::string_view part : text.empty() ? std::vector<std::string_view>{} : *parts) {
    const auto [key, given] = key_and_value(part);
    const auto known = std::ranges::find(family.arguments, key, &port::Argument::key);
    if (known == family.arguments.end()) {
      refuse(key.empty() ? "an argument is empty"
                         : fmt::format("{} has no argument {}{}", family.driver, shown(key),
                                       hint(key, keys)));
      continue;
    }
    if (arguments.has(key) && !known->repeats) {
      refuse(fmt::format("{} is here twice", key));
    } else if (const std::string fault = fault_of(*known, given); !fault.empty()) {
      refuse(fault);
    } else {
      arguments.add(key, given);
    }
  }
  for (const port::Argument& argument : family.arguments) {
    if (argument.needed && good && !arguments.has(argument.key)) {
      refuse(fmt::format("lacks {}=...: {} needs it", argument.key, family.driver));
    }
  }
  return good ? std::optional{std::move(arguments)} : std::nullopt;
}

}  // namespace

std::vector<std::string> resources_of(const std::string& device) {
  if (is_pci_address(device)) {
    return {pci_identity(device)};
  }
  const std::size_t comma = device.find(',');
  std::vector<std::string> resources{device.substr(0, comma)};
  const port::Family* const family = port::family_of(resources.front());
  if (family == nullptr || family->claims == nullptr || comma == std::string::npos) {
    return resources;
  }
  port::Arguments arguments;
  const std::string text = device.substr(comma + 1);
  for (const std::string_view part : split(text).value_or(std::vector<std::string_view>{})) {
    const auto [key, given] = key_and_value(part);
    arguments.add(key, given);
  }
  std::ranges::copy(family->claims(arguments), std::back_inserter(resources));
  return resources;
}

void Devices::claim(const Value& value, const std::string& port, const std::string& what,
                    std::string_view how) {
  const auto [first, is_new] = holders_.try_emplace(what, Holder{port, value.position()});
  if (!is_new && first->second.port != port) {
    value.problem(fmt::format("{} is {} the port on line {}", what, how, first->second.where.line));
  }
}

void Devices::read_vdev(const Value& value, const std::string& port, const std::string& text) {
  const std::size_t comma = text.find(',');
  const std::string name = text.substr(0, comma);
  const port::Family* const family = port::family_of(name);
  if (family == nullptr) {
    value.problem(no_driver(name));
    return;
  }
  if (name.size() > family->name_max) {
    value.problem(fmt::format("{} is longer than the {} characters that its driver takes",
                              shown(name), family->name_max));
    return;
  }
  claim(value, port, name, "the device of");
  auto arguments = read_arguments(
      value, *family, comma == std::string::npos ? std::string_view{} : text.substr(comma + 1));
  if (comma != std::string::npos && comma + 1 == text.size()) {
    value.problem("ends with a comma");
  }
  if (!arguments) {
    return;
  }
  if (family->claims != nullptr) {
    for (const std::string& what : family->claims(*arguments)) {
      claim(value, port, what, "taken by");
    }
  }
  known_.emplace(port, Known{value, family, *std::move(arguments)});
}

void Devices::read(const Value* value, const std::string& port, std::string& device) {
  const std::size_t number = count_++;
  const auto text = read_text(value);
  if (!text) {
    return;
  }
  if (is_pci_address(*text)) {
    claim(*value, port, pci_identity(*text), "the device of");
  } else if (!text->empty() && is_vdev(text->substr(0, text->find(',')))) {
    read_vdev(*value, port, *text);
  } else {
    value->problem(no_device(*text, number));
    return;
  }
  device = *text;
}

void Devices::check_mtu(const Value* mtu, const Port& port) const {
  const auto known = known_.find(port.name);
  if (known == known_.end()) {
    return;
  }
  const auto& [value, family, arguments] = known->second;
  const std::uint64_t most =
      family->mtu_with == nullptr
          ? family->mtu_max
          : std::min<std::uint64_t>(family->mtu_max, family->mtu_with(arguments));
  if (port.mtu > most) {
    (mtu != nullptr ? *mtu : value)
        .problem(fmt::format("an MTU of {} is more than the {} that {} takes{}", port.mtu, most,
                             family->driver,
                             most < family->mtu_max ? " with these arguments" : ""));
  }
}

void Devices::check_buffers(std::uint16_t mtu) const {
  for (const auto& [port, known] : known_) {
    if (known.family->check != nullptr) {
      if (const Status status = known.family->check(known.arguments, port::frame_room(mtu));
          !status) {
        known.value.problem(status.error().what);
      }
    }
  }
}

void Devices::check_pool(const Value& buffers, const Engine& engine, std::size_t ports) const {
  port::BufferUse use{
      .workers = static_cast<std::uint32_t>(std::max<std::size_t>(engine.workers.size(), 1)),
      .tx_queues = static_cast<std::uint32_t>(ports)};
  for (const auto& [port, known] : known_) {
    use.rx += known.family->rx_buffers;
    use.tx += known.family->tx_buffers;
  }
  if (!port::budget_of(engine.memory.buffers, use).is_enough()) {
    buffers.problem(fmt::format("{} are too few for {} ports and {} workers; it takes {} or more",
                                engine.memory.buffers, ports, use.workers,
                                port::least_buffers(use)));
  }
}

}  // namespace ringroad::config
