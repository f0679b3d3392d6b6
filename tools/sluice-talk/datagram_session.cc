#include "datagram_session.h"

#include <cassert>
#include <system_error>

#include "../../protocols/codec/decoder.h"
#include "network_error.h"

namespace sluice::tools::talk {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// One socket is of one family where it joins groups: "*" is of theirs.
Endpoint local_for(const Endpoint& wanted, const std::vector<MulticastGroup>& groups) {
  if (!wanted.any_family() || groups.empty()) return wanted;
  return {Scheme::udp, Address::any(groups.front().address.family(), wanted.address().port())};
}

}  // namespace

// A socket may not send to a broadcast address unasked (EACCES).
std::string DatagramSession::hint_for(std::error_code error) const {
  if (options_.broadcast || error != std::errc::permission_denied) return {};
  return "; to send to a broadcast address, add --broadcast";
}

DatagramSession::DatagramSession(Loop& loop, Wire& wire, std::string name,
                                 std::vector<Endpoint> candidates, DatagramSessionOptions options,
                                 SessionEvents& events)
    : loop_(loop),
      wire_(wire),
      name_(std::move(name)),
      candidates_(std::move(candidates)),
      options_(std::move(options)),
      events_(events),
      closed_(loop, [this] { events_.on_closed(outcome_); }),
      silence_(loop, [this] {
        fail(ExitStatus::timed_out, "nothing was sent or received for " +
                                        std::to_string(options_.silence.count()) + " ms");
      }) {}

void DatagramSession::start() {
  std::string reasons;
  for (const Endpoint& candidate : candidates_) {
    try {
      open(candidate);
      break;
    } catch (const std::system_error& error) {
      socket_.reset();
      if (!reasons.empty()) reasons += "; ";
      reasons += error.what() + hint_for(error.code());
    }
  }
  // Each reason names its endpoint.
  if (candidates_.size() > 1) reasons = name_ + ": " + reasons;
  if (socket_ == nullptr) throw NetworkError(reasons);
  touch();
  events_.on_ready(socket_->local().address().to_string(), {});
}

void DatagramSession::open(const Endpoint& candidate) {
  DatagramOptions options;
  options.broadcast = options_.broadcast;
  options.reuse_address = !options_.join.empty();
  DatagramHandler& handler = *this;
  const Address& peer = candidate.address();
  to_.reset();
  if (options_.listen) {
    to_ = peer;
    socket_ = std::make_unique<DatagramSocket>(loop_, local_for(candidate, options_.join), handler,
                                               options);
  } else if (options_.broadcast || options_.bind || !options_.join.empty() || peer.is_multicast()) {
    to_ = peer;
    const Endpoint local = options_.bind ? local_for(*options_.bind, options_.join)
                                         : candidate.with_address(Address::any(peer.family(), 0));
    socket_ = std::make_unique<DatagramSocket>(loop_, local, handler, options);
  } else {
    socket_ = DatagramSocket::connect(loop_, candidate, handler, options);
  }
  for (const MulticastGroup& group : options_.join) socket_->join(group.address, group.interface);
}

void DatagramSession::send_lines(std::string_view /*lines*/) {
  assert(false && "a datagram is one message");
}

std::string DatagramSession::send(std::string_view message) {
  encoded_.clear();
  std::string why = wire_.encode(message, encoded_);
  if (!why.empty()) return why;
  touch();
  // A queue that is full gives it back, and it is sent when there is room again.
  if (!pass_on(encoded_)) {
    unsent_ = encoded_;
  }
  return {};
}

bool DatagramSession::pass_on(std::string_view datagram) {
  return connected() ? socket_->send(bytes_of(datagram))
                     : socket_->send_to(bytes_of(datagram), *to_);
}

void DatagramSession::close() {
  if (closing_ || socket_ == nullptr) return;
  closing_ = true;
  silence_.stop();
  socket_->close();
  closed_.start(std::chrono::milliseconds(0));
}

void DatagramSession::on_datagram(DatagramSocket& /*socket*/, const Datagram& datagram) {
  if (closing_) return;
  touch();
  const std::string from = datagram.from.to_string();
  if (wire_.framed()) {
    show_frames(from, datagram.data);
  } else {
    events_.on_message(from, datagram.data);
  }
}

// A datagram is a sequence of whole frames.
void DatagramSession::show_frames(const std::string& from, std::span<const std::byte> datagram) {
  Framing& framing = wire_.framing();
  Decoder decoder(framing.codec(), framing.limit());
  CodecError error;
  while (!error && !closing_) {
    const Decoded next = decoder.decode(datagram, framing.scratch());
    datagram = datagram.subspan(next.consumed);
    if (next.status == DecodeStatus::frame) {
      events_.on_message(from, next.payload);
    } else {
      error = next.status == DecodeStatus::error ? next.error : decoder.end(datagram.size());
      if (!error) return;
    }
  }
  if (!error) return;
  const std::string why = "at byte " + std::to_string(error.offset) + " of a datagram from " +
                          from + ": framing " + framing.codec().name() + ": " + error.message();
  if (connected()) {
    fail(ExitStatus::failed, why);
  } else {
    events_.on_notice(name_ + ": " + why);
  }
}

void DatagramSession::on_error(DatagramSocket& /*socket*/, std::error_code error,
                               const Address& /*to*/) {
  if (!closing_) fail(ExitStatus::failed, error.message() + hint_for(error));
}

void DatagramSession::on_writable(DatagramSocket& /*socket*/) {
  if (closing_ || unsent_.empty()) return;
  if (!pass_on(std::exchange(unsent_, {}))) return;
  events_.on_room();
}

void DatagramSession::fail(ExitStatus status, const std::string& why) {
  outcome_ = {status, name_ + ": " + why};
  close();
}

void DatagramSession::touch() {
  if (options_.silence.count() > 0 && !closing_) silence_.start(options_.silence);
}

}  // namespace sluice::tools::talk
