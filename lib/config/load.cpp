#include "config/load.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <system_error>

#include "config/document.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  return (error ? fs::path{file} : absolute).parent_path();
}

Config read_sections(const Value& root, const std::string& file) {
  static constexpr std::array<std::string_view, 10> kKeys{
      "engine",     "ports", "tables", "routes", "neighbors",
      "schedulers", "arp",   "icmp",   "ecmp",   "vlans"};
  Config config;
  const Fields fields{root, kKeys};
  Names schedulers;
  Names ports;
  Connected connected;
  schedulers.complete = !fields.has("schedulers");
  ports.complete = false;
  if (const Value* engine = fields.find("engine")) {
    config.engine = read_engine(*engine);
  }
  if (const Value* section = fields.find("schedulers")) {
    config.schedulers = read_schedulers(*section, schedulers);
  }
  if (const Value* arp = fields.find("arp")) {
    config.arp = read_arp(*arp);
  }
  PortContext context{schedulers, config.arp.timers, ports, connected};
  if (const Value* section = fields.require("ports", "a router has at least one port")) {
    config.ports = read_ports(*section, context);
  } else {
    connected.set_incomplete();
  }
  if (const Value* section = fields.find("vlans")) {
    read_vlans(*section, context, config.ports);
  }
  if (const Value* tables = fields.find("tables")) {
    config.tables = read_tables(*tables);
  }
  if (const Value* routes = fields.find("routes")) {
    read_routes(*routes, connected, folder_of(file), config);
  }
  if (const Value* neighbors = fields.find("neighbors")) {
    config.neighbors = read_neighbors(*neighbors, ports, connected);
  }
  if (const Value* icmp = fields.find("icmp")) {
    config.icmp = read_icmp(*icmp);
  }
  if (const Value* ecmp = fields.find("ecmp")) {
    config.ecmp = read_ecmp(*ecmp);
  }
  return config;
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// At most a little more than a configuration may have, so that /dev/zero ends too.
std::expected<std::string, std::error_code> read_file(const std::string& path) {
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

}  // namespace

std::expected<Config, Problems> parse(std::string_view yaml, const std::string& file) {
  Report report{file, yaml};
  // yaml-cpp and the standard library throw; nothing past here does.
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

std::expected<Config, Problems> load(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    return std::unexpected{Problems{{path, 0, 0, "", "cannot read: " + text.error().message()}}};
  }
  return parse(*text, path);
}

}  // namespace ringroad::config
