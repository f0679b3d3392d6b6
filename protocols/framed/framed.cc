#include "framed.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "../../reactor/stream/connection.h"

namespace sluice {
namespace {

class FramedFunction final : public FramedProtocol {
 public:
  FramedFunction(Framing& framing, MessageFunction function)
      : FramedProtocol(framing), function_(std::move(function)) {}

 private:
  void on_message(Connection& connection, Bytes message) override {
    function_(connection, framing(), message);
  }

  MessageFunction function_;
};

}  // namespace

std::size_t FramedProtocol::on_data(Connection& connection, Bytes in) {
  // With a lower limit, the connection would abort although its peer has done nothing wrong.
  assert(connection.options().input_limit >= framing_.input_limit());
  interrupted_ = false;
  std::size_t used = 0;
  bool completed = false;
  do {
    const Decoded next = decoder_.decode(in.subspan(used), framing_.scratch());
    used += next.consumed;
    if (next.status == DecodeStatus::need_more) {
      if (decoder_.is_skipping() && decoder_.position() >= skip_until_) {
        CodecError error{.fault = CodecFault::too_long};
        error.offset = decoder_.position();
        error.allowed = framing_.max_skip();
        reject(connection, error);
      } else if (ended_) {
        finish(connection, in.size() - used);
      }
      connection.note_messages(completed, used < in.size() || decoder_.is_skipping());
      return used;
    }
    completed = true;
    if (next.status == DecodeStatus::frame) {
      on_message(connection, next.payload);
    } else {
      reject(connection, next.error);
    }
  } while (connection.may_continue());
  interrupted_ = used < in.size();
  // No input is left, so on_data() is not called again.
  if (ended_ && !interrupted_) finish(connection, 0);
  return used;
}

void FramedProtocol::on_eof(Connection& connection) {
  ended_ = true;
  if (!interrupted_) finish(connection, connection.unconsumed().size());
}

void FramedProtocol::finish(Connection& connection, std::size_t unconsumed) {
  if (connection.state() != Connection::State::open) return;
  CodecError error = decoder_.end(unconsumed);
  if (error) {
    error.can_skip = !framing_.is_strict();
    on_framing_error(connection, error);
    if (!error.can_skip) return connection.close();
  }
  on_end(connection);
}

void FramedProtocol::reject(Connection& connection, CodecError error) {
  error.can_skip =
      error.can_skip && !framing_.is_strict() && error.frame_size <= framing_.max_skip();
  on_framing_error(connection, error);
  if (!error.can_skip) return connection.close();
  decoder_.skip();
  const std::uint64_t left = std::numeric_limits<std::uint64_t>::max() - decoder_.position();
  skip_until_ = decoder_.position() + std::min(framing_.max_skip(), left);
}

void FramedProtocol::on_end(Connection& connection) { connection.close(); }

void FramedProtocol::on_framing_error(Connection& connection, const CodecError& error) {
  framing_.report(connection, error);
}

ProtocolFactory framed(Framing& framing, MessageFunction function) {
  assert(function);
  return [&framing, function = std::move(function)](const Address& /*peer*/) {
    return std::make_unique<FramedFunction>(framing, function);
  };
}

}  // namespace sluice
