// A connection driven by a random schedule of reads, writes, closes, errors and time, against a
// simple model: bytes in order both ways, callbacks in order, on_close() once and last and for the
// right reason, the marks and limits respected.
#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "connection_model.h"
#include "fuzz.h"
#include <sluice/connection.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using fuzz::Choices;
using fuzz::Model;
using fuzz::stream_from;

namespace {

ConnectionOptions options_from(Choices& choices) {
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

// What reading and writing can end with.
constexpr std::array kErrors{ECONNRESET, ETIMEDOUT, EPIPE, EHOSTUNREACH, EIO, ENOBUFS, ENOMEM};

class Schedule {
 public:
  Schedule(Choices& choices, Model& model)
      : choices_(choices), model_(model), peer_(model, options_from(choices)) {}

  void run() {
    while (!choices_.done()) {
      step();
      take();
      check();
    }
    peer_.set_window(MemoryPeer::kUnlimited);
    end();
    peer_.advance(std::chrono::minutes(5));
    take();
    // Whoever was paused is paused for ever, and so not told the end: nothing else stays.
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
    peer_.end();
  }
  void reset() {
    model_.peer_error = kErrors[choices_.any(kErrors.size())];
    peer_.reset(model_.peer_error);
  }
  void send(std::size_t size, std::size_t piece) {
    if (model_.peer_ended || model_.peer_error != 0) return;
    const std::string bytes = stream_from(model_.sent_by_peer, size);
    model_.sent_by_peer += size;
    peer_.send(bytes, piece);
  }
  void take() {
    const std::string got = peer_.received();
    SLUICE_MUST(got == stream_from(received_, got.size()));
    received_ += got.size();
    SLUICE_MUST(received_ <= model_.sent);
  }
  void check() {
    if (peer_.closed()) return;
    const Connection& connection = peer_.connection();
    SLUICE_MUST(connection.queued() <= connection.options().queue_limit);
    SLUICE_MUST(connection.unconsumed().size() <= connection.options().input_limit);
    const bool above = connection.queued() > connection.options().high_water;
    model_.above_mark = model_.above_mark || (above && !connection.options().keep_reading);
  }

  Choices& choices_;
  Model& model_;
  MemoryPeer peer_;
  std::size_t received_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Model model(choices);
  Schedule(choices, model).run();
  return 0;
}
