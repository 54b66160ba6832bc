// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes metrics as text: OpenMetrics 1.0, or Prometheus' older text format 0.0.4, whose names of
// counters differ.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace ringroad::http {

enum class MetricsFormat : std::uint8_t { kPrometheus, kOpenMetrics };

// The format that an Accept header prefers; without one, and for "*/*", Prometheus' older one,
// which people can read in a browser.
[[nodiscard]] MetricsFormat metrics_format_of(std::string_view accept);
[[nodiscard]] std::string_view content_type_of(MetricsFormat format);

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Returns `name="value",...`, with the escapes of both formats.
[[nodiscard]] std::string labels_of(Labels labels);

class MetricsText {
 public:
  enum class Type : std::uint8_t { kCounter, kGauge, kInfo, kHistogram };

  explicit MetricsText(MetricsFormat format) : format_{format} {}

  // Begins a family. `name` has no suffix such as _total; if it has a unit, it ends with it.
  void family(std::string_view name, Type type, std::string_view help, std::string_view unit = {});
  void counter(std::string_view name, std::string_view help, std::string_view unit = {}) {
    family(name, Type::kCounter, help, unit);
  }
  void gauge(std::string_view name, std::string_view help, std::string_view unit = {}) {
    family(name, Type::kGauge, help, unit);
  }
  // Adds a sample of the family. `labels` as labels_of() returns them.
  void sample(std::string_view labels, std::uint64_t value);
  void sample(std::string_view labels, double value);
  // Adds a sample of a histogram: "_bucket", "_count", "_sum".
  void sample(std::string_view suffix, std::string_view labels, std::uint64_t value);
  void sample(std::string_view suffix, std::string_view labels, double value);

  // Returns the whole text.
  [[nodiscard]] std::string finish() &&;

 private:
  void begin_sample(std::string_view suffix, std::string_view labels);

  MetricsFormat format_;
  std::string text_;
  std::string name_;
  std::string_view suffix_;  // of the family's samples
};

}  // namespace ringroad::http
