// SPDX-License-Identifier: BSD-3-Clause
#include "nft/expand.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <system_error>
#include <utility>

#include "base/nearest.hpp"

namespace ringroad::nft {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextMax = std::size_t{16} << 20U;
constexpr std::size_t kTokensMax = 4'000'000;
constexpr unsigned kDepthMax = 16;  // nft's MAX_INCLUDE_DEPTH

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class Expander {
 public:
  explicit Expander(Problems& problems) : problems_{problems} {}

  void add(std::string_view text, const std::string& file, unsigned depth) {
    const auto name = std::make_shared<const std::string>(file);
    const std::vector<Token> tokens = split(text, name, problems_);
    for (std::size_t at = 0; tokens[at].kind != Token::Kind::kEnd;) {
      if (all_.size() > kTokensMax) {
        problems_.push_back({tokens[at].place, "the ruleset is too long"});
        return;
      }
      at = step(tokens, at, depth);
    }
    if (depth == 0) {
      all_.push_back(tokens.back());
    }
  }
  std::vector<Token> take() { return std::move(all_); }

 private:
  using Scope = std::map<std::string, std::vector<Token>, std::less<>>;

  // Returns where the next token is.
  std::size_t step(const std::vector<Token>& tokens, std::size_t at, unsigned depth) {
    const Token& token = tokens[at];
    const bool begins = at == 0 || tokens[at - 1].kind == Token::Kind::kNewline ||
                        tokens[at - 1].is_symbol("{") || tokens[at - 1].is_symbol("}");
    if (begins && (token.is_word("define") || token.is_word("redefine"))) {
      return define(tokens, at, token.text == "redefine");
    }
    if (begins && token.is_word("undefine")) {
      return undefine(tokens, at);
    }
    if (begins && token.is_word("include")) {
      return include(tokens, at, depth);
    }
    if (token.is_symbol("$")) {
      substitute(tokens[at + 1], token.place, all_);
      return tokens[at + 1].kind == Token::Kind::kEnd ? at + 1 : at + 2;
    }
    if (token.is_symbol("{")) {
      scopes_.emplace_back();
    } else if (token.is_symbol("}") && scopes_.size() > 1) {
      scopes_.pop_back();
    }
    all_.push_back(token);
    return at + 1;
  }

  void substitute(const Token& name, const Place& place, std::vector<Token>& into) {
    for (const Scope& scope : std::views::reverse(scopes_)) {
      const auto found = scope.find(name.text);
      if (found != scope.end()) {
        for (Token token : found->second) {
          token.place = place;
          into.push_back(std::move(token));
        }
        return;
      }
    }
    std::vector<std::string_view> known;
    for (const Scope& scope : scopes_) {
      for (const auto& [other, value] : scope) {
        known.push_back(other);
      }
    }
    problems_.push_back(
        {place, fmt::format("unknown variable {}{}", shown(name.text), hint(name.text, known))});
  }

  // Returns the tokens up to the end of the line, or of the braces that begin in it.
  std::vector<Token> value(const std::vector<Token>& tokens, std::size_t& at) {
    std::vector<Token> value;
    unsigned depth = 0;
    for (; tokens[at].kind != Token::Kind::kEnd; ++at) {
      if (tokens[at].kind == Token::Kind::kNewline) {
        if (depth == 0) {
          break;
        }
        continue;
      }
      depth += tokens[at].is_symbol("{") ? 1U : 0U;
      depth -= tokens[at].is_symbol("}") && depth > 0 ? 1U : 0U;
      if (tokens[at].is_symbol("$")) {
        ++at;
        substitute(tokens[at], tokens[at].place, value);
      } else {
        value.push_back(tokens[at]);
      }
    }
    return value;
  }

  std::size_t define(const std::vector<Token>& tokens, std::size_t at, bool again) {
    const Token& name = tokens[at + 1];
    if (name.kind != Token::Kind::kWord || !tokens[at + 2].is_symbol("=")) {
      problems_.push_back({tokens[at].place, "a definition has the form: define NAME = VALUE"});
      return end_of_line(tokens, at);
    }
    at += 3;
    std::vector<Token> tokens_of_value = value(tokens, at);
    if (tokens_of_value.empty()) {
      problems_.push_back({name.place, fmt::format("{} is defined as nothing", shown(name.text))});
    } else if (!again && scopes_.back().contains(name.text)) {
      problems_.push_back({name.place, fmt::format("{} is defined already; 'redefine' changes it",
                                                   shown(name.text))});
    }
    scopes_.back()[name.text] = std::move(tokens_of_value);
    return at;
  }

  std::size_t undefine(const std::vector<Token>& tokens, std::size_t at) {
    const Token& name = tokens[at + 1];
    if (scopes_.back().erase(name.text) == 0) {
      problems_.push_back({name.place, fmt::format("unknown variable {}", shown(name.text))});
    }
    return end_of_line(tokens, at);
  }

  std::size_t include(const std::vector<Token>& tokens, std::size_t at, unsigned depth) {
    const Token& name = tokens[at + 1];
    if (name.kind != Token::Kind::kString) {
      problems_.push_back({tokens[at].place, "include needs the name of a file in quotes"});
    } else if (depth >= kDepthMax) {
      problems_.push_back({tokens[at].place, "files include each other more than 16 deep"});
    } else {
      include_files(name, depth);
    }
    return end_of_line(tokens, at);
  }

  // nft searches /etc; a name is first taken from the folder of the file that includes it.
  void include_files(const Token& name, unsigned depth) {
    const bool pattern = name.text.find_first_of("*?[") != std::string::npos;
    const fs::path path{name.text};
    std::vector<fs::path> places{fs::path{*name.place.file}.parent_path() / path};
    if (path.is_relative()) {
      places.push_back(fs::path{"/etc"} / path);
    }
    for (const fs::path& place : places) {
      glob_t found{};
      const int result = glob(place.c_str(), GLOB_BRACE, nullptr, &found);
      std::vector<std::string> files;
      for (std::size_t i = 0; result == 0 && i < found.gl_pathc; ++i) {
        files.emplace_back(found.gl_pathv[i]);
      }
      globfree(&found);
      for (const std::string& file : files) {
        const auto text = read_text(file);
        if (!text) {
          problems_.push_back({name.place, fmt::format("{}: {}", file, text.error())});
          continue;
        }
        add(*text, file, depth + 1);
      }
      if (!files.empty()) {
        return;
      }
    }
    // As with nft, a pattern may match no file.
    if (!pattern) {
      problems_.push_back({name.place, fmt::format("there is no file {}", shown(name.text))});
    }
  }

  static std::size_t end_of_line(const std::vector<Token>& tokens, std::size_t at) {
    while (tokens[at].kind != Token::Kind::kNewline && tokens[at].kind != Token::Kind::kEnd) {
      ++at;
    }
    return at;
  }

  Problems& problems_;
  std::vector<Token> all_;
  std::vector<Scope> scopes_{1};
};

}  // namespace

std::expected<std::string, std::string> read_text(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    return std::unexpected{std::string{"is no regular file"}};  // it might never end
  }
  const std::unique_ptr<std::FILE, FileCloser> file{std::fopen(path.c_str(), "rbe")};
  std::string text;
  if (file) {
    std::array<char, 65536> piece;
    std::size_t bytes = 0;
    while (text.size() <= kTextMax &&
           (bytes = std::fread(piece.data(), 1, piece.size(), file.get())) != 0) {
      text.append(piece.data(), bytes);
    }
  }
  if (!file || std::ferror(file.get()) != 0) {
    return std::unexpected{fmt::format("cannot be read: {}", std::strerror(errno))};
  }
  if (text.size() > kTextMax) {
    return std::unexpected{std::string{"is larger than 16 MiB"}};
  }
  return text;
}

std::vector<Token> expand(std::string_view text, const std::string& file, Problems& problems) {
  Expander expander{problems};
  expander.add(text, file, 0);
  return expander.take();
}

}  // namespace ringroad::nft
