// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A filter of frames: classic BPF, as libpcap compiles tcpdump's language, translated by rte_bpf to
// machine code that reads the packet's buffers. The text is compiled by the client, so that the
// router parses no language and resolves no names. Control thread only; workers call run().
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "packet/watch.hpp"

struct rte_bpf;

namespace ringroad::tap {

class Filter {
 public:
  // Accepts all frames.
  Filter() = default;
  // `program`: instructions in hexadecimal, 16 digits each: code (4), jt (2), jf (2), k (8).
  [[nodiscard]] static Result<Filter> load(std::string_view program);

  // Null if all frames are accepted. Valid as long as the filter exists.
  [[nodiscard]] Tap::Filter run() const { return run_; }

 private:
  struct Destroy {
    void operator()(rte_bpf* program) const;
  };
  std::unique_ptr<rte_bpf, Destroy> program_;
  Tap::Filter run_ = nullptr;
};

}  // namespace ringroad::tap
