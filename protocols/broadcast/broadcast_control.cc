#include "broadcast_control.h"

#include <memory>
#include <string>

#include "../../reactor/stream/connection.h"
#include "../codec/line_codec.h"

namespace sluice {
namespace {

const Codec& lines() {
  static const LineCodec codec;
  return codec;
}

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

BroadcastControl::BroadcastControl(Broadcast& broadcast)
    : broadcast_(broadcast), decoder_(lines(), kMaxLine) {}

ProtocolFactory BroadcastControl::factory(Broadcast& broadcast) {
  return [&broadcast](const Address& /*peer*/) -> ProtocolRef {
    return std::make_unique<BroadcastControl>(broadcast);
  };
}

ListenerOptions BroadcastControl::listener_options() {
  ListenerOptions options;
  options.mode = mode_t{0600};
  options.max_connections = kMaxConnections;
  options.connection.max_read = kMaxRead;
  options.connection.input_limit = lines().max_frame_size(kMaxLine) + kMaxRead;
  return options;
}

std::size_t BroadcastControl::on_data(Connection& connection, std::span<const std::byte> in) {
  CodecScratch scratch;  // not used by lines
  std::size_t consumed = 0;
  bool completed = false;
  do {
    const Decoded line = decoder_.decode(in.subspan(consumed), scratch);
    consumed += line.consumed;
    if (line.status == DecodeStatus::need_more) {
      connection.note_messages(completed, consumed < in.size() || decoder_.is_skipping());
      return consumed;
    }
    completed = true;
    if (line.status == DecodeStatus::frame) {
      publish(connection, line.payload);
      continue;
    }
    connection.send("error: the text has more than " + std::to_string(kMaxLine) +
                    " bytes; no more are allowed\n");
    decoder_.skip();
  } while (connection.may_continue());
  return consumed;
}

void BroadcastControl::on_eof(Connection& connection) {
  // A line that is being skipped has been answered already.
  auto rest = connection.unconsumed();
  if (!decoder_.is_skipping() && !rest.empty()) {
    if (rest.back() == std::byte{'\r'}) rest = rest.first(rest.size() - 1);
    publish(connection, rest);
  }
  Protocol::on_eof(connection);
}

void BroadcastControl::publish(Connection& connection, std::span<const std::byte> line) {
  const Broadcast::PublishResult result = broadcast_.publish(text_of(line));
  std::string answer;
  if (result.error.empty()) {
    answer = "ok " + std::to_string(result.targets);
  } else {
    answer = "error: " + result.error;
  }
  connection.send(answer += '\n');
}

}  // namespace sluice
