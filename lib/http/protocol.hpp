// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Between bytes and answers: cpp-httplib reads a checked head and writes the response, both in
// memory. The connection is not its concern, so that no client can hold one of its threads.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/request_head.hpp"

namespace ringroad::http {

class Protocol {
 public:
  using Handler = std::function<Answer(const Question&)>;

  explicit Protocol(Handler handler);
  ~Protocol();
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  // Any thread. Returns the bytes of the response.
  [[nodiscard]] std::string respond(const RequestHead& head);
  // The bytes of a response to a request that is not answered; the connection ends with it.
  [[nodiscard]] static std::string refuse(const Refusal& refusal);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace ringroad::http
