#include "roadctl/fields.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace ringroad::roadctl {

using nlohmann::json;

const json& field(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) {
    return kNull;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

const json& array(const json& object, const char* key) {
  static const json kEmpty = json::array();
  const json& value = field(object, key);
  return value.is_array() ? value : kEmpty;
}

std::string words(const json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number_float()) {
    return fmt::format("{:.1f}", value.get<double>());
  }
  if (value.is_array()) {
    std::string list;
    for (const json& element : value) {
      list += (list.empty() ? "" : ", ") + words(element);
    }
    return list.empty() ? "-" : list;
  }
  return value.is_null() ? "-" : value.dump();
}

std::string words(const json& object, const char* key) { return words(field(object, key)); }

std::string rate(const json& bits_per_second) {
  if (!bits_per_second.is_number_unsigned()) {
    return words(bits_per_second);
  }
  const auto bits = bits_per_second.get<std::uint64_t>();
  using Unit = std::pair<std::uint64_t, std::string_view>;
  for (const auto& [size, name] :
       {Unit{1'000'000'000, "Gbit"}, Unit{1'000'000, "Mbit"}, Unit{1'000, "kbit"}}) {
    if (bits >= size && bits % size == 0) {
      return fmt::format("{}{}", bits / size, name);
    }
  }
  return fmt::format("{}bit", bits);
}

Cell plain(const json& object, const char* key) { return {words(object, key)}; }

Cell trouble(const json& object, const char* key) {
  const json& value = field(object, key);
  const bool zero = !value.is_number() || value == 0;
  return {words(value), zero ? Tint::kNone : Tint::kBad};
}

Cell state(const json& object, const char* key) {
  std::string text = words(object, key);
  const Tint tint = text == "up"                         ? Tint::kGood
                    : text == "down" || text == "FAILED" ? Tint::kBad
                                                         : Tint::kNone;
  return {std::move(text), tint};
}

}  // namespace ringroad::roadctl
