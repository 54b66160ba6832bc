#pragma once
// What the router answered, as text for people.
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "roadctl/table.hpp"

namespace ringroad::roadctl {

// `answer` is what came under "ok". What an older router leaves out prints as "-"; an answer that
// is not understood prints as JSON. Empty where there is nothing to say.
[[nodiscard]] std::string render(std::span<const std::string> verb, const nlohmann::json& answer,
                                 bool colour);

// Routes page by page, one table in the end.
class RoutesView {
 public:
  RoutesView();
  [[nodiscard]] std::string next_page(const nlohmann::json& routes, bool colour);

 private:
  Table table_;
};

}  // namespace ringroad::roadctl
