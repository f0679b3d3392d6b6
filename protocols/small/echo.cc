#include "echo.h"

#include "../../reactor/stream/connection.h"

namespace sluice {

std::size_t Echo::on_data(Connection& connection, std::span<const std::byte> in) {
  connection.send(in);
  return in.size();
}

std::span<const std::byte> echo_answer(std::span<const std::byte> request,
                                       std::span<std::byte> /*buffer*/) {
  return request;
}

}  // namespace sluice
