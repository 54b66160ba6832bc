#pragma once
// The life of next hops and adjacencies: which exist, what each resolves to now, who still needs
// them. Control thread only.
#include <array>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "control/world.hpp"
#include "neigh/table.hpp"

namespace ringroad::control {

class NextHops {
 public:
  explicit NextHops(World& world);

  // Those that every router has: local, blackhole, ... No reference needed.
  [[nodiscard]] NextHopId fixed(neigh::AdjacencyKind kind) const;
  // "The destination itself is on this port's link". Lives as long as the port.
  [[nodiscard]] NextHopId glean(PortId port);

  // The next hop of a neighbour, resolved or not; one reference more. Released by release().
  [[nodiscard]] Result<NextHopId> acquire(neigh::Key key);
  struct Member {
    neigh::Key key;
    std::uint16_t weight;
    friend auto operator<=>(const Member&, const Member&) = default;
  };
  // A group of them; equal groups are one.
  [[nodiscard]] Result<NextHopId> acquire_group(const std::vector<Member>& members);
  // One reference less. Fixed and glean ones are not counted.
  void release(NextHopId id);

  // Readers send to this MAC from now on, and say so when they do if `report_use`.
  Status publish(NextHopId id, Mac mac);
  // Readers punt again.
  void unpublish(NextHopId id);
  void report_use(NextHopId id, bool report);

  [[nodiscard]] AdjacencyId adjacency(NextHopId id) const;

 private:
  struct Hop {
    neigh::Key key;
    AdjacencyId unresolved;
    AdjacencyId current;
    std::uint32_t references = 0;
  };
  struct Group {
    std::vector<Member> members;
    std::vector<NextHopId> hops;
    std::uint32_t references = 0;
  };

  [[nodiscard]] Result<AdjacencyId> make_adjacency(neigh::AdjacencyKind kind);

  World& world_;
  std::array<NextHopId, 11> fixed_{};
  std::map<PortId, NextHopId> gleans_;
  std::map<neigh::Key, NextHopId> by_key_;
  std::map<std::vector<Member>, NextHopId> by_members_;
  std::unordered_map<NextHopId, Hop> hops_;
  std::unordered_map<NextHopId, Group> groups_;
};

}  // namespace ringroad::control
