// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The files of the page, which the build puts into the program.
#include <span>
#include <string_view>

namespace ringroad::http {

struct File {
  std::string_view path;  // "/page.js"
  std::string_view type;
  std::string_view tag;  // an ETag, with its quotes: a hash of the content
  std::string_view content;
};

extern const std::span<const File> kFiles;

}  // namespace ringroad::http
