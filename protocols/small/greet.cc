#include "greet.h"

#include "../../reactor/stream/connection.h"

namespace sluice {

Greet::Greet(std::string_view text) : text_(Payload::copy(text)) {}

void Greet::on_open(Connection& connection) {
  connection.send(text_);
  connection.close();
}

std::size_t Greet::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

}  // namespace sluice
