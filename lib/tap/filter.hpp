// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A filter of frames: classic BPF, as libpcap compiles tcpdump's language. The text is compiled by
// the client, so that the router parses no language and resolves no names. rte_bpf makes machine
// code of the program as FrameProgram translates it; libpcap's interpreter answers for frames that
// are too short for that, or lie in several buffers. Control thread only; workers run it.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "packet/watch.hpp"

struct rte_bpf;
struct bpf_insn;

namespace ringroad::tap {

class Filter {
 public:
  // Accepts all frames.
  Filter();
  Filter(Filter&& other) noexcept;
  Filter& operator=(Filter&& other) noexcept;
  ~Filter();
  // `program`: instructions in hexadecimal, 16 digits each: code (4), jt (2), jf (2), k (8).
  [[nodiscard]] static Result<Filter> load(std::string_view program);

  // The members of a Tap. Valid as long as the filter exists.
  [[nodiscard]] Tap::FrameFilter run_frame() const { return run_frame_; }
  [[nodiscard]] std::uint32_t frame_bytes() const { return frame_bytes_; }
  [[nodiscard]] Tap::SlowFilter run_slow() const;
  [[nodiscard]] const void* program() const;

 private:
  struct Destroy {
    void operator()(rte_bpf* program) const;
  };
  std::vector<bpf_insn> instructions_;
  std::unique_ptr<rte_bpf, Destroy> frame_program_;
  Tap::FrameFilter run_frame_ = nullptr;
  std::uint32_t frame_bytes_ = 0;
};

}  // namespace ringroad::tap
