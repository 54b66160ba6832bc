// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <string>

#include "shown.hpp"

namespace ringroad::roadctl {
namespace {

TEST_CASE("memory shows how many connections there are, and what tracking counted") {
  const std::string shown = text({"show", "memory"}, R"(
    {"pools": [], "fib_bytes": 1, "fib_prefixes": 1,
     "neighbors": {"count": 12, "gc_thresh": [128, 512, 1024]},
     "connections": {"count": 7, "max": 262144, "bytes": 4195704},
     "nf_conntrack": {"entries": 7, "found": 99, "drop": 3}})");
  CHECK(shown.find("\nCONNECTIONS     MAX  MEMORY bytes\n          7  262144       4195704\n"
                   "\nCONNECTION TRACKING  COUNT\nfound                   99\n") !=
        std::string::npos);
  CHECK(shown.find("\ndrop                     3\n") != std::string::npos);
}

TEST_CASE("connections are shown with the replies' addresses only if these are translated") {
  const char* const rows = R"([
    {"proto": "tcp", "state": "ESTABLISHED", "timeout_seconds": 431999,
     "orig": {"src": "192.168.1.2", "dst": "192.0.2.1", "sport": 5000, "dport": 443, "packets": 3, "bytes": 300},
     "reply": {"src": "192.0.2.1", "dst": "203.0.113.2", "sport": 443, "dport": 1024, "packets": 2, "bytes": 200},
     "mark": 7, "packets": 5, "bytes": 500, "nat": "snat", "assured": true, "replied": true, "worker": 0, "id": 9},
    {"proto": "udp", "state": null, "timeout_seconds": 29,
     "orig": {"src": "2001:db8::2", "dst": "2001:db8::1", "sport": 5, "dport": 53, "packets": 1, "bytes": 60},
     "reply": {"src": "2001:db8::1", "dst": "2001:db8::2", "sport": 53, "dport": 5, "packets": 0, "bytes": 0},
     "mark": 0, "packets": 1, "bytes": 60, "nat": null, "assured": false, "replied": false, "worker": 1, "id": 0},
    {"proto": "icmp", "state": null, "timeout_seconds": 30,
     "orig": {"src": "10.0.0.1", "dst": "10.0.0.2", "type": 8, "code": 0, "id": 77, "packets": 1, "bytes": 84},
     "reply": {"src": "10.0.0.2", "dst": "10.0.0.1", "type": 0, "code": 0, "id": 77, "packets": 1, "bytes": 84},
     "mark": 0, "packets": 2, "bytes": 168, "nat": null, "assured": false, "replied": true, "worker": 1, "id": 1}])";
  CHECK(text({"show", "connections"}, rows) == R"(
PROTO         STATE        TIMEOUT seconds  SOURCE            DESTINATION       NAT   REPLY SOURCE   REPLY DESTINATION  PACKETS  BYTES  MARK  FLAGS      WORKER
tcp           ESTABLISHED           431999  192.168.1.2:5000  192.0.2.1:443     snat  192.0.2.1:443  203.0.113.2:1024         5    500     7  assured         0
udp           -                         29  [2001:db8::2]:5   [2001:db8::1]:53  -     -              -                        1     60     0  unreplied       1
icmp 8 id 77  -                         30  10.0.0.1          10.0.0.2          -     -              -                        2    168     0  -               1
)");
}

}  // namespace
}  // namespace ringroad::roadctl
