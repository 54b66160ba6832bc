// SPDX-License-Identifier: BSD-3-Clause
#include "http/metrics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "http/words.hpp"

namespace ringroad::http {
namespace {

constexpr std::string_view kOpenMetricsType = "application/openmetrics-text";

// In help texts only OpenMetrics escapes quotes, but both formats read an escaped one.
void escape(std::string& text, std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\\' || (c == '"' && quotes)) {
      text += '\\';
      text += c;
    } else {
      text += c;
    }
  }
}

std::string_view word_of(MetricsText::Type type, MetricsFormat format) {
  switch (type) {
    case MetricsText::Type::kCounter:
      return "counter";
    case MetricsText::Type::kGauge:
      break;
    case MetricsText::Type::kInfo:
      return format == MetricsFormat::kOpenMetrics ? "info" : "gauge";
    case MetricsText::Type::kHistogram:
      return "histogram";
  }
  return "gauge";
}

std::string_view suffix_of(MetricsText::Type type) {
  switch (type) {
    case MetricsText::Type::kCounter:
      return "_total";
    case MetricsText::Type::kInfo:
      return "_info";
    case MetricsText::Type::kGauge:
    case MetricsText::Type::kHistogram:
      break;
  }
  return "";
}

}  // namespace

MetricsFormat metrics_format_of(std::string_view accept) {
  double open = -1;
  double text = -1;
  while (!accept.empty()) {
    std::string_view range = take_until(accept, ",");
    const std::string_view type = trimmed(take_until(range, ";"));
    if (type == kOpenMetricsType) {
      open = std::max(open, weight_of(range));
    } else if (type == "text/plain" || type == "text/*" || type == "*/*") {
      text = std::max(text, weight_of(range));
    }
  }
  return open > 0 && open >= text ? MetricsFormat::kOpenMetrics : MetricsFormat::kPrometheus;
}

std::string_view content_type_of(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string labels_of(Labels labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += text.empty() ? "" : ",";
    text += name;
    text += "=\"";
    escape(text, value, true);
    text += '"';
  }
  return text;
}

void MetricsText::family(std::string_view name, Type type, std::string_view help,
                         std::string_view unit) {
  name_ = name;
  suffix_ = suffix_of(type);
  const bool is_open = format_ == MetricsFormat::kOpenMetrics;
  const std::string shown = name_ + std::string{is_open ? "" : suffix_};
  fmt::format_to(std::back_inserter(text_), "# HELP {} ", shown);
  escape(text_, help, is_open);
  fmt::format_to(std::back_inserter(text_), "\n# TYPE {} {}\n", shown, word_of(type, format_));
  if (is_open && !unit.empty()) {
    fmt::format_to(std::back_inserter(text_), "# UNIT {} {}\n", shown, unit);
  }
}

void MetricsText::begin_sample(std::string_view suffix, std::string_view labels) {
  text_ += name_;
  text_ += suffix;
  if (!labels.empty()) {
    text_ += '{';
    text_ += labels;
    text_ += '}';
  }
  text_ += ' ';
}

void MetricsText::sample(std::string_view labels, std::uint64_t value) {
  sample(suffix_, labels, value);
}

void MetricsText::sample(std::string_view labels, double value) { sample(suffix_, labels, value); }

void MetricsText::sample(std::string_view suffix, std::string_view labels, std::uint64_t value) {
  begin_sample(suffix, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricsText::sample(std::string_view suffix, std::string_view labels, double value) {
  begin_sample(suffix, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

std::string MetricsText::finish() && {
  if (format_ == MetricsFormat::kOpenMetrics) {
    text_ += "# EOF\n";
  }
  return std::move(text_);
}

}  // namespace ringroad::http
