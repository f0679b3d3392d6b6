#pragma once

#include <sluice/protocol.h>

class Echo final : public sluice::Protocol {
 public:
  std::size_t on_data(sluice::Connection& connection, std::span<const std::byte> in) override;
  void on_close(sluice::Connection& connection, std::error_code reason) override;
};
