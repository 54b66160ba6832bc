// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::string render_config(const json& config, const Display& /*display*/) {
  std::string yaml = words(config, "yaml");
  if (!yaml.ends_with('\n')) {
    yaml += '\n';
  }
  return yaml;
}

const Registration kShowConfig{{.group = "show",
                                .name = "config",
                                .usage = "",
                                .summary = "the configuration that runs now, as YAML",
                                .options = no_words,
                                .examples = {"show config"},
                                .render = render_config}};

}  // namespace
}  // namespace ringroad::roadctl
