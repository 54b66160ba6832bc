// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The senders of whose packets workers made copies for a redirect (packet/redirect_notes.hpp). A
// worker copies one packet of each sender and round, whether or not the limit then allows a
// redirect. A rehearsal must know of these copies, and only the worker may read its own notes.
// Control thread only.
#include "packet/stage.hpp"

namespace ringroad::host {

class RedirectCopies {
 public:
  explicit RedirectCopies(const Tables& tables) : tables_{tables} {}

  // A worker punted this packet.
  void hear(Packet& packet);
  // The notes of the only worker, or of all workers together.
  [[nodiscard]] const RedirectNotes& notes() const { return notes_; }

 private:
  const Tables& tables_;
  RedirectNotes notes_;
};

}  // namespace ringroad::host
