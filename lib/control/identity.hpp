// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <string>

namespace ringroad::control {

// What runs here: the program's version and its configuration. The programs know both, and tell the
// router, which only reports them.
struct Identity {
  std::string version{};  // "0.1.0"
  std::string commit{};   // of the sources; "no checkout" if they are not a git checkout's
  std::string config_path{};
  std::string config_hash{};  // the SHA-256 of the file, as sha256sum prints it
};

}  // namespace ringroad::control
