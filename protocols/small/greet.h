// Greet: sends a text to whoever connects, and closes.
//
// What it is: one object that all connections share. It sends the text it was made with, byte for
// byte: a newline is there when the text has one. An empty text is an end alone.
// What the peer sends is dropped. It has no form over UDP: it speaks without being asked, and its
// text may be longer than a request.
// Memory: the text is held once, however many connections it waits on.
// Lifetime: REQUIRES that a Greet outlives its connections. Thread: none of its own.
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
