// A connection driven by a random schedule of reads, writes, closes, errors and time, against a
// simple model: bytes in order both ways, callbacks in order, on_close() once and last, the marks
// and limits respected.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "fuzz.h"
#include <sluice/reactor/connection.h>
#include <sluice/reactor/memory_peer.h>

using namespace sluice;
using fuzz::Choices;

namespace {

// The n-th byte of a stream tells its place, so that what is lost, repeated or moved is seen.
std::string stream_from(std::size_t position, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((position + i) * 31 % 251);
  return bytes;
}

class Model final : public Protocol {
 public:
  explicit Model(Choices& choices) : choices_(choices) {}

  void on_open(Connection& connection) override {
    const Running running(*this);
    SLUICE_MUST(!opened_);
    opened_ = true;
    act(connection);
  }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const Running running(*this);
    SLUICE_MUST(opened_ && !closed_ && !eof_ && pauses_ == 0);
    SLUICE_MUST(connection.state() == Connection::State::open);
    SLUICE_MUST(!in.empty() && consumed_ + in.size() <= sent_by_peer);
    const std::string want = stream_from(consumed_, in.size());
    SLUICE_MUST(std::equal(in.begin(), in.end(), std::as_bytes(std::span(want)).begin()));
    const std::size_t consumed =
        choices_.any(4) == 0 ? choices_.any(in.size() % 65'536 + 1) : in.size();
    act(connection);
    consumed_ += consumed;
    return consumed;
  }
  void on_eof(Connection& connection) override {
    const Running running(*this);
    SLUICE_MUST(opened_ && !closed_ && !eof_);
    eof_ = true;
    if (choices_.any(2) == 0) act(connection);
    connection.close();
  }
  void on_drain(Connection& connection) override {
    const Running running(*this);
    SLUICE_MUST(opened_ && !closed_);
    SLUICE_MUST(connection.queued() <= connection.options().low_water());
    act(connection);
  }
  void on_close(Connection& connection, std::error_code) override {
    const Running running(*this);
    SLUICE_MUST(opened_ && !closed_);
    closed_ = true;
    reason = connection.close_reason();
    connection.send("after the end");
  }

  // What a handler may do, also from outside of a callback. Ends are rare, so that there is a
  // middle; when the choices are used up there is nothing but the end.
  void act(Connection& connection) {
    const std::size_t what = choices_.any(40);
    if (what < 4) {
      end(connection, what);
    } else if (what < 8) {
      pause(connection);
    } else if (what < 14) {
      resume(connection);
    } else if (what < 22) {
      send(connection, choices_.any(40'000));
    } else if (what < 28) {
      send_payload(connection, choices_.any(3'000));
    } else {
      send(connection, choices_.any(30));
    }
  }

  std::size_t sent_by_peer = 0;
  std::size_t sent = 0;  // by the handler, and accepted
  CloseReason reason = CloseReason::open;
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  // Every callback is a frame of its own: none runs inside another.
  struct Running {
    explicit Running(Model& of) : model(of) { SLUICE_MUST(model.depth_++ == 0); }
    ~Running() { --model.depth_; }
    Model& model;
  };

  void end(Connection& connection, std::size_t how) {
    switch (how) {
      case 0:
        return connection.close();
      case 1:
        return connection.abort();
      case 2:
        ended_ = true;
        return connection.shutdown();
      default:
        if (depth_ > 0 && choices_.any(4) == 0) throw std::runtime_error("now and then");
    }
  }
  void pause(Connection& connection) {
    if (pauses_ == 3) return;
    ++pauses_;
    connection.pause();
  }
  void resume(Connection& connection) {
    if (pauses_ == 0) return;
    --pauses_;
    connection.resume();
  }
  [[nodiscard]] bool accepted(const Connection& connection, std::size_t size) {
    if (connection.state() != Connection::State::open || ended_) return false;
    return connection.queued() + size <= connection.options().queue_limit;
  }
  void send(Connection& connection, std::size_t size) {
    const std::string bytes = stream_from(sent, size);
    if (accepted(connection, size)) sent += size;
    connection.send(bytes);
    SLUICE_MUST(connection.queued() <= connection.options().queue_limit);
  }
  void send_payload(Connection& connection, std::size_t size) {
    const Payload payload = Payload::copy(stream_from(sent, size));
    if (accepted(connection, size)) sent += size;
    connection.send(payload);
  }

  Choices& choices_;
  std::size_t consumed_ = 0;
  int pauses_ = 0;
  int depth_ = 0;
  bool opened_ = false;
  bool eof_ = false;
  bool closed_ = false;
  bool ended_ = false;  // shutdown() was called
};

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
    peer_.end();
    peer_.advance(std::chrono::minutes(5));
    take();
    // Whoever was paused is paused for ever, and so not told the end: nothing else stays.
    if (!model_.closed() && !peer_.closed()) peer_.connection().abort();
    peer_.settle();
    take();
    check();
    SLUICE_MUST(model_.closed() && peer_.closed());
    const bool in_peace =
        model_.reason == CloseReason::closed || model_.reason == CloseReason::peer_closed;
    if (in_peace && !reset_) SLUICE_MUST(received_ == model_.sent);
  }

 private:
  void step() {
    switch (choices_.any(10)) {
      case 0:
        if (choices_.any(8) != 0) return;
        ended_ = true;
        return peer_.end();
      case 1:
        if (choices_.any(16) != 0) return;
        reset_ = true;
        return peer_.reset();
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
  void send(std::size_t size, std::size_t piece) {
    if (ended_ || reset_) return;
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
  }

  Choices& choices_;
  Model& model_;
  MemoryPeer peer_;
  std::size_t received_ = 0;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Model model(choices);
  Schedule(choices, model).run();
  return 0;
}
