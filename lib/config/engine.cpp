// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <unordered_set>

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr Range<unsigned> kCores{0, 1023};

void read_workers(const Value& list, std::vector<unsigned>& workers) {
  workers.clear();
  std::unordered_set<unsigned> seen;
  const std::vector<Value> items = list.items();
  for (const Value& item : items) {
    const auto core = read(&item, kCores);
    if (core && !seen.insert(*core).second) {
      item.problem(fmt::format("core {} is here twice; a core runs one worker", *core));
    } else if (core) {
      workers.push_back(*core);
    }
  }
  if (items.empty() && list.is_list()) {
    list.problem("is empty; at least one core must forward");
  }
}

void read_memory(const Value& section, Memory& memory, std::optional<Value>& buffers) {
  static constexpr std::array<std::string_view, 3> kKeys{"hugepages", "size", "buffers"};
  const Fields fields{section, kKeys};
  assign(memory.hugepages, read(fields.find("hugepages"), kHugePagesWords));
  assign(memory.size, read(fields.find("size"), Range<Bytes>{{64ULL << 20U}, {16ULL << 40U}}));
  const Value* const count = fields.find("buffers");
  if (const auto read_count = read(count, Range<std::uint32_t>{1024, 16U << 20U})) {
    memory.buffers = *read_count;
    buffers = *count;
  }
}

void read_socket(const Value* value, std::string& socket) {
  constexpr std::size_t kPathMax = 107;  // sun_path of unix(7) without its terminator
  auto path = read_text(value);
  if (!path) {
    return;
  }
  if (!path->starts_with('/')) {
    value->problem(shown(*path) + " is not an absolute path");
  } else if (path->ends_with('/')) {
    value->problem(shown(*path) + " is a folder; the socket is a file");
  } else if (path->size() > kPathMax) {
    value->problem(
        fmt::format("is {} bytes long; a socket's path has at most {}", path->size(), kPathMax));
  } else {
    socket = *std::move(path);
  }
}

}  // namespace

Engine read_engine(const Value& section, std::optional<Value>& buffers) {
  static constexpr std::array<std::string_view, 5> kKeys{"workers", "control", "memory", "idle",
                                                         "socket"};
  Engine engine;
  const Fields fields{section, kKeys};
  if (const Value* workers = fields.find("workers")) {
    read_workers(*workers, engine.workers);
  }
  assign(engine.control, read(fields.find("control"), kCores));
  if (const Value* memory = fields.find("memory")) {
    read_memory(*memory, engine.memory, buffers);
  }
  assign(engine.idle, read(fields.find("idle"), kIdleWords));
  read_socket(fields.find("socket"), engine.socket);
  return engine;
}

}  // namespace ringroad::config
