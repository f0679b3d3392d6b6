// Greet: sends a text to each client, and closes.
//
// What it is: one object for all connections. It sends the text byte for byte, and adds no newline.
// With an empty text it only closes. It drops all input. There is no greet over UDP, because it
// sends without a request, and its text may be longer than a request.
// Memory: all connections share one copy of the text.
// Lifetime: REQUIRES that a Greet outlives its connections. Thread: the loop's.
// Errors: the constructor may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_SMALL_GREET_H
#define SLUICE_PROTOCOLS_SMALL_GREET_H

#include <cstddef>
#include <span>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

class SLUICE_EXPORT Greet final : public Protocol {
 public:
  explicit Greet(std::string_view text);

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

 private:
  Payload text_;
};

}  // namespace sluice

#endif
