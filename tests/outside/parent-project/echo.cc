#include "echo.h"

#include <sluice/connection.h>
#include <sluice/loop.h>

std::size_t Echo::on_data(sluice::Connection& connection, std::span<const std::byte> in) {
  connection.send(in);
  return in.size();
}

void Echo::on_close(sluice::Connection& connection, std::error_code) { connection.loop().stop(); }
