// What a packet costs on its way through one worker: a whole router in this process, between two
// ports that are rings. scripts/bench.sh pipeline prints cycles; scripts/check_instructions.py
// counts instructions with --packets, under callgrind.
//
// Rounds of bursts through the router and rounds of the same bursts through nothing but its ports
// take turns; the median of their differences is the pipeline's own cost. There is no clock inside
// a round.
#include <fmt/core.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "bench/pipeline/cases.hpp"
#include "bench/program.hpp"
#include "control/router.hpp"
#include "fib/prefix_file.hpp"

namespace ringroad::bench {
namespace {

constexpr unsigned kRing = 1024;
constexpr std::size_t kRoundPackets = 16384;
// Packets that circulate: as many as a mempool's cache may hold.
constexpr unsigned kBuffers = 256;

struct Options {
  std::string table;
  std::vector<std::string> cases;
  std::vector<unsigned> bursts{64, 32};
  unsigned rounds = 101;
  std::uint64_t packets = 0;  // 0: rounds
  int core = 0;
  bool huge = true;
};

struct FreeRing {
  void operator()(rte_ring* ring) const { rte_ring_free(ring); }
};
using Ring = std::unique_ptr<rte_ring, FreeRing>;

Ring make_ring(const std::string& name) {
  Ring ring{rte_ring_create(name.c_str(), kRing, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ)};
  if (!ring) {
    throw std::runtime_error{"no memory for a ring"};
  }
  return ring;
}

// A device that is two rings.
struct Wire {
  explicit Wire(std::string port)
      : name{std::move(port)},
        rx{make_ring(fmt::format("{}-rx", name))},
        tx{make_ring(fmt::format("{}-tx", name))} {
    rte_ring* const from = rx.get();
    rte_ring* const to = tx.get();
    if (rte_eth_from_rings(name.c_str(), &from, 1, &to, 1, 0) < 0) {
      throw std::runtime_error{"no port of rings"};
    }
  }
  std::string name;
  Ring rx;
  Ring tx;
};

class Bench {
 public:
  Bench(const Case& test, const std::string& table, std::span<const Prefix4> prefixes)
      // DPDK forgets no name of a port.
      : in_{fmt::format("in-{}", test.name)}, out_{fmt::format("out-{}", test.name)} {
    auto opened = control::Router::open(configuration(test, table, in_.name, out_.name), clock_);
    if (!opened) {
      throw std::runtime_error{opened.error().what};
    }
    router_ = std::move(*opened);
    worker_ = router_->workers()[0].get();
    const Mac mac = router_->ports()[0]->mac();
    frames_.reserve(test.destinations);
    for (const Ipv4 destination : destinations(test, prefixes)) {
      frames_.push_back(frame_to(destination, mac));
    }
    auto pool = port::make_pool("hosts", 1023, 1500);
    if (!pool || rte_pktmbuf_alloc_bulk(pool->get(), buffers_.data(), unsigned{kBuffers}) != 0) {
      throw std::runtime_error{"no memory for packets"};
    }
    pool_ = std::move(*pool);
    for (rte_mbuf* const buffer : buffers_) {
      if (rte_pktmbuf_append(buffer, kFrameBytes) == nullptr) {
        throw std::runtime_error{"a packet does not fit its buffer"};
      }
    }
    for (std::size_t i = 0; test.odd != 0 && i < buffers_.size(); i += test.odd) {
      buffers_[i]->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_NONE;  // all the same to the router
    }
    for (int i = 0; i < 10; ++i) {  // what the control thread has left to do
      worker_->poll_once();
      router_->run_once();
    }
  }
  ~Bench() {
    rte_pktmbuf_free_bulk(buffers_.data(), unsigned{kBuffers});
    static_cast<void>(router_->shut_down());
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void through_router(std::size_t packets, unsigned burst) {
    for (std::size_t done = 0; done < packets; done += burst) {
      receive(burst);
      worker_->poll_once();
      if (take_sent() != burst) {
        throw std::runtime_error{"packets were dropped: " + drops()};
      }
    }
  }
  void through_ports(std::size_t packets, unsigned burst) {
    const std::uint16_t in = router_->ports()[0]->device();
    const std::uint16_t out = router_->ports()[1]->device();
    std::array<rte_mbuf*, ip::kBurstMax> some;
    for (std::size_t done = 0; done < packets; done += burst) {
      receive(burst);
      for (std::size_t left = burst; left > 0;) {
        const std::uint16_t count = rte_eth_rx_burst(in, 0, some.data(), some.size());
        left -= rte_eth_tx_burst(out, 0, some.data(), count);
      }
      if (rte_eth_rx_burst(out, 0, some.data(), some.size()) != 0 || take_sent() != burst) {
        throw std::runtime_error{"a packet was lost"};
      }
    }
  }

  [[nodiscard]] const stats::StageTimes& times() const { return worker_->times(); }

 private:
  [[nodiscard]] std::string drops() const {
    std::string list;
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      const auto reason = static_cast<stats::DropReason>(i);
      if (const std::uint64_t packets = router_->drops(reason); packets != 0) {
        list += fmt::format("{} {} ", packets, stats::name(reason));
      }
    }
    return list;
  }

  void receive(unsigned burst) {
    for (unsigned i = 0; i < burst; ++i) {
      rte_mbuf* const packet = buffers_[next_buffer_ + i];
      rte_memcpy(rte_pktmbuf_mtod(packet, void*), &frames_[next_frame_], sizeof(Frame));
      next_frame_ = next_frame_ + 1 == frames_.size() ? 0 : next_frame_ + 1;
    }
    rte_ring_sp_enqueue_bulk(in_.rx.get(), reinterpret_cast<void**>(&buffers_[next_buffer_]), burst,
                             nullptr);
    next_buffer_ = (next_buffer_ + burst) % kBuffers;
  }
  unsigned take_sent() const {
    std::array<void*, kBuffers> packets;
    return rte_ring_sc_dequeue_burst(out_.tx.get(), packets.data(), packets.size(), nullptr);
  }

  Wire in_;
  Wire out_;
  Clock clock_;
  std::unique_ptr<control::Router> router_;
  worker::Worker* worker_ = nullptr;
  port::Pool pool_;
  std::vector<Frame> frames_;
  std::size_t next_frame_ = 0;
  std::array<rte_mbuf*, kBuffers> buffers_{};
  std::size_t next_buffer_ = 0;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

template <class Work>
double cycles_a_packet(const Work& work) {
  const std::uint64_t begin = __rdtsc();
  work();
  return static_cast<double>(__rdtsc() - begin) / static_cast<double>(kRoundPackets);
}

// Where the sampled bursts spent their time since `before`, which the clock itself makes longer.
std::string by_stage(const stats::StageTimes& times, std::span<const std::uint64_t> before,
                     std::uint64_t packets_before) {
  const auto packets = static_cast<double>(times.packets() - packets_before);
  std::string line;
  for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
    line += fmt::format(" {:8.1f}", static_cast<double>(times.cycles(i) - before[i]) / packets);
  }
  return line;
}

void measure(Bench& bench, const Case& test, unsigned burst, unsigned rounds) {
  bench.through_router(std::max(test.destinations, kRoundPackets), burst);
  std::array<std::uint64_t, stats::kStageNames.size()> before{};
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i] = bench.times().cycles(i);
  }
  const std::uint64_t packets_before = bench.times().packets();
  std::vector<double> ports;
  std::vector<double> pipeline;
  for (unsigned round = 0; round < rounds; ++round) {
    ports.push_back(cycles_a_packet([&] { bench.through_ports(kRoundPackets, burst); }));
    const double all = cycles_a_packet([&] { bench.through_router(kRoundPackets, burst); });
    pipeline.push_back(all - ports.back());
  }
  fmt::print("{:<4} {:5} {:8.1f} {:8.1f}  {}\n", test.name, burst, median(pipeline), median(ports),
             by_stage(bench.times(), before, packets_before));
  std::fflush(stdout);
}

int run(const Options& options) {
  log::set_up("error");
  start_eal({.program = "bench-pipeline",
             .core = options.core,
             .huge = options.huge,
             .file_prefix = "ringroad-bench-pipeline",
             .without_huge = {"--no-shconf"},
             .more = {"-m", "256"}});
  std::vector<Prefix4> prefixes;
  if (!options.table.empty()) {
    auto file = fib::read_prefix_file(options.table);
    if (!file) {
      throw std::runtime_error{file.error().what};
    }
    prefixes = std::move(file->prefixes);
  }
  if (options.packets == 0) {
    fmt::print("{:<4} {:>5} {:>8} {:>8}  ", "case", "burst", "pipeline", "traffic");
    for (const std::string_view stage : stats::kStageNames) {
      fmt::print(" {:>8}", stage);
    }
    fmt::print("   TSC cycles a packet\n");
  }
  for (const Case& test : cases()) {
    const bool wanted =
        options.cases.empty() || std::ranges::find(options.cases, test.name) != options.cases.end();
    if (!wanted || (test.subnets == 0 && options.table.empty())) {
      continue;
    }
    Bench bench{test, options.table, prefixes};
    for (const unsigned burst : options.bursts) {
      if (options.packets != 0) {
        bench.through_router(options.packets, burst);
      } else {
        measure(bench, test, burst, options.rounds);
      }
    }
  }
  rte_eal_cleanup();
  return EXIT_SUCCESS;
}

int parse_and_run(int argc, char** argv) {
  Options options;
  bool no_huge = false;
  CLI::App app{"What a packet costs in one worker, ports excluded"};
  app.add_option("--table", options.table, "a file of prefixes, plain or gzip: cases c and d");
  app.add_option("--case", options.cases, "only this case");
  app.add_option("--burst", options.bursts, "packets a poll finds")
      ->check(CLI::IsMember({8, 16, 32, 64, 128, 256}));
  app.add_option("--rounds", options.rounds, "rounds of each case")->check(CLI::PositiveNumber);
  app.add_option("--packets", options.packets, "forward so many and measure nothing");
  app.add_option("--core", options.core, "the core to run on");
  app.add_flag("--no-huge", no_huge, "4 KiB pages");
  CLI11_PARSE(app, argc, argv);
  options.huge = !no_huge;
  return run(options);
}

}  // namespace
}  // namespace ringroad::bench

int main(int argc, char** argv) {
  return ringroad::bench::guarded("bench-pipeline",
                                  [&] { return ringroad::bench::parse_and_run(argc, argv); });
}
