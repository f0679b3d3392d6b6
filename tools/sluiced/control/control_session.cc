#include "control_session.h"

#include <chrono>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "../../../protocols/codec/line_codec.h"
#include "../../../reactor/stream/connection.h"

namespace sluice::tools::daemon {
namespace {

const Codec& lines() {
  static const LineCodec codec;
  return codec;
}

}  // namespace

ControlSession::ControlSession(ControlTarget& target)
    : target_(target),
      decoder_(lines(), kMaxLine),
      next_piece_(target.loop(), [this] { continue_answer(); }) {}

ListenerOptions ControlSession::listener_options() {
  ListenerOptions options;
  options.mode = mode_t{0600};
  options.max_connections = kMaxConnections;
  // What a client has sent waits while an answer is made in pieces.
  options.connection.max_read = kMaxRead;
  options.connection.input_limit = kMaxRead + lines().max_frame_size(kMaxLine);
  return options;
}

std::size_t ControlSession::on_data(Connection& connection, std::span<const std::byte> in) {
  CodecScratch scratch;  // not used by lines
  std::size_t consumed = 0;
  while (!answer_) {
    const Decoded line = decoder_.decode(in.subspan(consumed), scratch);
    consumed += line.consumed;
    if (line.status == DecodeStatus::need_more) break;
    if (line.status == DecodeStatus::frame) {
      answer(connection, {reinterpret_cast<const char*>(line.payload.data()), line.payload.size()});
      continue;
    }
    connection.send("error: a command has at most " + std::to_string(kMaxLine) + " bytes\n");
    decoder_.skip();
  }
  return consumed;
}

void ControlSession::answer(Connection& connection, std::string_view line) {
  connection_ = &connection;
  answer_.emplace();
  running_ = true;
  run_command(target_, *this, line, *answer_);
  running_ = false;
  connection.send(answer_->take());
  if (!answer_->has_more()) return answer_.reset();
  if (monitor_ != nullptr) return;  // reading on shows when the client leaves
  connection.pause();
  if (!answer_->waits()) next_piece_.start(std::chrono::milliseconds(0));
}

// The client may have left before the answer is there.
std::function<void(const ControlClient::Make& make)> ControlSession::end_later() {
  answer_->wait();
  return [&loop = target_.loop(), id = connection_->id()](const Make& make) {
    Connection* const client = Connection::find(loop, id);
    if (client == nullptr) return;
    try {
      ControlAnswer answer;
      make(answer);
      static_cast<ControlSession&>(client->protocol()).replace_answer(std::move(answer));
    } catch (const std::bad_alloc&) {
      client->abort();
    }
  };
}

void ControlSession::replace_answer(ControlAnswer answer) {
  *answer_ = std::move(answer);
  if (!running_) next_piece_.start(std::chrono::milliseconds(0));
}

// A piece a turn, so that others are served between two.
void ControlSession::continue_answer() {
  Connection& connection = *connection_;
  if (connection.queued() > connection.options().high_water) return;  // until on_writable()
  answer_->make_more();
  connection.send(answer_->take());
  if (answer_->has_more()) return next_piece_.start(std::chrono::milliseconds(0));
  answer_.reset();
  connection.resume();
}

void ControlSession::watch(Monitor& monitor) {
  answer_->wait();
  monitor.add(*this);
  monitor_ = &monitor;
}

void ControlSession::on_event(std::string_view row) noexcept {
  if (connection_->queued() + row.size() > kMaxEvents) return on_missed_event();
  try {
    if (missed_ > 0) {
      JsonObject missed;
      missed.add_text("event", "dropped");
      missed.add_number("count", missed_);
      connection_->send(missed.line());
      missed_ = 0;
    }
    connection_->send(row);
  } catch (const std::exception&) {
    on_missed_event();
  }
}

std::string ControlSession::name() const {
  const auto peer = connection_->peer_credentials();
  return peer ? "user " + std::to_string(peer->user) : "a client";
}

void ControlSession::on_writable(Connection& /*connection*/) {
  if (answer_ && !answer_->waits()) next_piece_.start(std::chrono::milliseconds(0));
}

void ControlSession::on_close(Connection& /*connection*/, std::error_code /*reason*/) {
  next_piece_.stop();
  if (monitor_ != nullptr) monitor_->remove(*this);
  answer_.reset();
}

}  // namespace sluice::tools::daemon
