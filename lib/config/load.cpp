// SPDX-License-Identifier: BSD-3-Clause
#include "config/load.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <system_error>

#include "config/document.hpp"
#include "config/foreign.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  return (error ? fs::path{file} : absolute).parent_path();
}

void advise_on_interfaces(const Value& section) {
  const Fields interfaces{section};
  for (const Entry& interface : interfaces.entries()) {
    const Fields settings{interface.value};
    for (const Entry& setting : settings.entries()) {
      if (const auto instead = advice(Place::kInterface, setting.key)) {
        setting.value.missing(std::string{*instead});
      }
    }
  }
}

// Reports every key below netplan's `network` with its place in this format.
void advise_on_netplan(const Value& network) {
  const Fields fields{network};
  for (const Entry& entry : fields.entries()) {
    entry.value.missing(std::string{
        advice(Place::kTop, entry.key).value_or("goes to the top level, without 'network'")});
    if (entry.key == "ethernets" || entry.key == "vlans") {
      advise_on_interfaces(entry.value);
    }
  }
}

Config read_sections(const Value& root, const std::string& file) {
  static constexpr std::array<std::string_view, 12> kKeys{
      "engine", "ports", "tables", "routes", "neighbors", "schedulers",
      "arp",    "nd",    "icmp",   "ecmp",   "vlans",     "firewall"};
  Config config;
  const Fields fields{root, kKeys, Place::kTop};
  const Value* const network = fields.find_foreign("network");
  if (network != nullptr) {
    advise_on_netplan(*network);
  }
  Names schedulers;
  Names ports;
  Connected connected;
  schedulers.complete = !fields.has("schedulers");
  ports.complete = false;
  std::optional<Value> buffers;
  if (const Value* engine = fields.find("engine")) {
    config.engine = read_engine(*engine, buffers);
  }
  if (const Value* list = fields.find("schedulers")) {
    config.schedulers = read_schedulers(*list, schedulers);
  }
  if (const Value* arp = fields.find("arp")) {
    config.arp = read_arp(*arp);
  }
  if (const Value* nd = fields.find("nd")) {
    config.nd = read_nd(*nd);
  }
  PortContext context{schedulers, config.arp.timers, config.nd.timers, ports,
                      connected,  config.engine,     buffers};
  const bool elsewhere = network != nullptr || fields.find_foreign("ethernets") != nullptr ||
                         fields.find_foreign("interfaces") != nullptr;
  const Value* const section =
      elsewhere ? fields.find("ports") : fields.require("ports", "a router has at least one port");
  if (section != nullptr) {
    config.ports = read_ports(*section, context);
  } else {
    connected.set_incomplete();
  }
  if (const Value* vlans = fields.find("vlans")) {
    read_vlans(*vlans, context, config.ports);
  }
  if (const Value* tables = fields.find("tables")) {
    config.tables = read_tables(*tables);
  }
  if (const Value* routes = fields.find("routes")) {
    read_routes(*routes, ports, connected, folder_of(file), config);
  }
  if (const Value* neighbors = fields.find("neighbors")) {
    read_neighbors(*neighbors, ports, connected, config);
  }
  if (const Value* icmp = fields.find("icmp")) {
    config.icmp = read_icmp(*icmp);
  }
  if (const Value* ecmp = fields.find("ecmp")) {
    config.ecmp = read_ecmp(*ecmp);
  }
  if (const Value* firewall = fields.find("firewall")) {
    config.firewall = read_firewall(*firewall, folder_of(file));
  }
  return config;
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::expected<std::string, std::error_code> read_text_file(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file{std::fopen(path.c_str(), "rbe")};
  const auto last_error = [] {
    return std::unexpected{std::error_code{errno, std::generic_category()}};
  };
  if (!file) {
    return last_error();
  }
  std::string text(kTextMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return last_error();
  }
  return text;
}

std::expected<Config, Problems> parse(std::string_view yaml, const std::string& file) {
  Report report{file, yaml};
  // yaml-cpp and the standard library throw exceptions; none leaves this function.
  try {
    if (const auto tree = read_document(yaml, report)) {
      Config config = read_sections(Value{tree->root, "", {1, 1}, report}, file);
      if (report.empty()) {
        return config;
      }
    }
  } catch (const std::exception& error) {
    report.add({}, "", std::string{"cannot be read: "} + error.what());
  }
  return std::unexpected{report.take()};
}

std::expected<std::string, Problems> read_file(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) {
    return std::unexpected{Problems{{path, 0, 0, "", "cannot read: " + text.error().message()}}};
  }
  return *std::move(text);
}

std::expected<Config, Problems> load(const std::string& path) {
  const auto text = read_file(path);
  return text ? parse(*text, path) : std::unexpected{text.error()};
}

}  // namespace ringroad::config
