#include "protocol.h"

#include "connection.h"

namespace sluice {

void Protocol::on_open(Connection& /*connection*/) {}
void Protocol::on_eof(Connection& connection) { connection.close(); }
void Protocol::on_writable(Connection& /*connection*/) {}
void Protocol::on_drain(Connection& /*connection*/) {}
void Protocol::on_close(Connection& /*connection*/, std::error_code /*reason*/) {}

}  // namespace sluice
