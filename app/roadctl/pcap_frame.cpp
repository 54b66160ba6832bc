// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/pcap_frame.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pcap/pcap.h>

#include <array>
#include <memory>
#include <span>

namespace ringroad::roadctl {
namespace {

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

}  // namespace

Result<std::string> frame_of_file(const std::string& path, std::uint64_t number) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, Close> file{pcap_open_offline(path.c_str(), error.data())};
  if (!file) {
    return fail(fmt::format("cannot read {}: {}", path, error.data()));
  }
  if (const int link = pcap_datalink(file.get()); link != DLT_EN10MB) {
    const char* const name = pcap_datalink_val_to_name(link);
    return fail(fmt::format("{} has no Ethernet frames but {}", path,
                            name != nullptr ? name : fmt::format("link type {}", link)));
  }
  pcap_pkthdr* about = nullptr;
  const std::uint8_t* octets = nullptr;
  for (std::uint64_t read = 1;; ++read) {
    const int result = pcap_next_ex(file.get(), &about, &octets);
    if (result == PCAP_ERROR_BREAK) {
      return fail(fmt::format("{} has {} frames; there is no frame {}", path, read - 1, number));
    }
    if (result != 1) {
      return fail(
          fmt::format("cannot read frame {} of {}: {}", read, path, pcap_geterr(file.get())));
    }
    if (read == number) {
      break;
    }
  }
  if (about->caplen < about->len) {
    return fail(fmt::format("frame {} of {} has only {} of its {} bytes; capture whole frames",
                            number, path, about->caplen, about->len));
  }
  return fmt::format("{:02x}", fmt::join(std::span{octets, about->caplen}, ""));
}

}  // namespace ringroad::roadctl
