// A connection driven by a random schedule of reads, writes, closes, errors and time, against a
// simple model: bytes in order both ways, callbacks in order, on_close() once and last and for the
// right reason, the marks and limits respected.
//
// FarEnd is who sends to the connection and receives from it: PlainEnd, or one that speaks a
// transport's protocol.
#ifndef SLUICE_TESTS_FUZZ_CONNECTION_SCHEDULE_H
#define SLUICE_TESTS_FUZZ_CONNECTION_SCHEDULE_H

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "connection_model.h"
#include "fuzz.h"
#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/memory_peer.h>

namespace sluice::fuzz {

inline ConnectionOptions options_from(Choices& choices) {
  ConnectionOptions options;
  options.high_water = choices.any(3) * 5'000 + 10;
  options.queue_limit = options.high_water + choices.any(50'000);
  options.max_read = choices.any(2) == 0 ? 7 : 4'096;
  options.input_limit = choices.any(2) == 0 ? 20'000 : 10;
  options.keep_reading = choices.any(2) == 1;
  options.linger_timeout = std::chrono::milliseconds(choices.any(2) * 50);
  options.idle_timeout = std::chrono::milliseconds(choices.any(2) * 200);
  options.write_timeout = std::chrono::milliseconds(choices.any(2) * 300);
  return options;
}

// The turn's budget, which does not take of the choices: from how many there are.
inline LoopOptions loop_options(std::size_t size) {
  LoopOptions options;
  options.virtual_time = true;
  if (size % 2 == 0) options.turn_messages = size / 2 % 5 + 1;
  return options;
}

// What reading and writing can end with.
inline constexpr std::array kErrors{ECONNRESET, ETIMEDOUT, EPIPE, EHOSTUNREACH,
                                    EIO,        ENOBUFS,   ENOMEM};

// The other end of a connection without a transport.
class PlainEnd {
 public:
  explicit PlainEnd(MemoryPeer& peer) : peer_(peer) {}
  void send(std::string_view bytes, std::size_t piece) { peer_.send(bytes, piece); }
  void end() { peer_.end(); }
  std::string received() { return peer_.received(); }

 private:
  MemoryPeer& peer_;
};

template <class FarEnd>
class Schedule {
 public:
  Schedule(Choices& choices, Model& model, const ConnectionOptions& options,
           const LoopOptions& loop)
      : choices_(choices),
        model_(model),
        loop_(loop),
        peer_(loop_, model, options),
        far_end_(peer_) {}

  void run() {
    while (!choices_.done()) {
      step();
      take();
      check();
    }
    peer_.set_window(MemoryPeer::kUnlimited);
    end();
    take();
    peer_.advance(std::chrono::minutes(5));
    take();
    // A connection that was paused stays paused, so it does not see the end: nothing else stays.
    if (!model_.closed() && !peer_.closed()) model_.abort(peer_.connection());
    peer_.settle();
    take();
    check();
    SLUICE_MUST(model_.closed() && peer_.closed());
    const bool in_peace =
        model_.reason == CloseReason::closed || model_.reason == CloseReason::peer_closed;
    if (in_peace && model_.peer_error == 0) SLUICE_MUST(received_ == model_.sent);
  }

 private:
  void step() {
    switch (choices_.any(10)) {
      case 0:
        return choices_.any(8) == 0 ? end() : void();
      case 1:
        return choices_.any(16) == 0 ? reset() : void();
      case 2:
        return peer_.advance(std::chrono::milliseconds(choices_.any(400)));
      case 3:
        return peer_.set_window(choices_.any(20'000));
      case 4:
        return peer_.set_window(MemoryPeer::kUnlimited);
      case 5:
      case 6:
        if (peer_.closed()) return;
        model_.act(peer_.connection());
        return peer_.settle();
      default:
        return send(choices_.any(9'000), choices_.any(4) == 0 ? choices_.any(50) + 1 : 65'536);
    }
  }
  void end() {
    model_.peer_ended = true;
    far_end_.end();
  }
  void reset() {
    model_.peer_error = kErrors[choices_.any(kErrors.size())];
    peer_.reset(model_.peer_error);
  }
  void send(std::size_t size, std::size_t piece) {
    if (model_.peer_ended || model_.peer_error != 0) return;
    const std::string bytes = stream_from(model_.sent_by_peer, size);
    model_.sent_by_peer += size;
    far_end_.send(bytes, piece);
  }
  void take() {
    const std::string got = far_end_.received();
    SLUICE_MUST(got == stream_from(received_, got.size()));
    received_ += got.size();
    SLUICE_MUST(received_ <= model_.sent);
  }
  void check() {
    if (peer_.closed()) return;
    const Connection& connection = peer_.connection();
    SLUICE_MUST(connection.queued() <= connection.options().queue_limit);
    // What waits for a turn may be one read more.
    SLUICE_MUST(connection.unconsumed().size() <=
                connection.options().input_limit + connection.options().max_read);
    SLUICE_MUST(!model_.owed || connection.paused() ||
                connection.state() != Connection::State::open);
    const bool above = connection.queued() > connection.options().high_water;
    model_.above_mark = model_.above_mark || (above && !connection.options().keep_reading);
  }

  Choices& choices_;
  Model& model_;
  Loop loop_;
  MemoryPeer peer_;
  FarEnd far_end_;
  std::size_t received_ = 0;
};

}  // namespace sluice::fuzz

#endif
