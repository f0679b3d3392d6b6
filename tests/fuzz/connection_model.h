// The handler that connection_schedule.h drives: it does what the input chooses, and knows what may
// be called and when.
#ifndef SLUICE_TESTS_FUZZ_CONNECTION_MODEL_H
#define SLUICE_TESTS_FUZZ_CONNECTION_MODEL_H

#include <algorithm>
#include <stdexcept>
#include <string>

#include "fuzz.h"
#include <sluice/connection.h>

namespace sluice::fuzz {

// The n-th byte of a stream tells its place, so that what is lost, repeated or moved is seen.
inline std::string stream_from(std::size_t position, std::size_t size) {
  constexpr std::size_t kPeriod = 251;
  static const std::string pattern = [] {
    std::string text(200 * kPeriod, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 % kPeriod);
    return text;
  }();
  std::string bytes;
  while (bytes.size() < size) {
    bytes.append(pattern, (position + bytes.size()) % kPeriod, size - bytes.size());
  }
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
    SLUICE_MUST(opened_ && !closed_ && !eof_ && pauses_ == 0 && !above_mark);
    SLUICE_MUST(connection.state() == Connection::State::open);
    SLUICE_MUST(!in.empty() && consumed_ + in.size() <= sent_by_peer);
    const std::string want = stream_from(consumed_, in.size());
    SLUICE_MUST(std::equal(in.begin(), in.end(), std::as_bytes(std::span(want)).begin()));
    std::size_t consumed = choices_.any(4) == 0 ? choices_.any(in.size() % 65'536 + 1) : in.size();
    act(connection);
    const bool over = !connection.may_continue();
    if (consumed == in.size() && over) consumed = (in.size() + 1) / 2;
    owed = over && consumed < in.size();
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
  void on_writable(Connection& connection) override {
    const Running running(*this);
    SLUICE_MUST(opened_ && !closed_);
    SLUICE_MUST(connection.queued() <= connection.options().low_water());
    above_mark = false;
    act(connection);
  }
  void on_close(Connection& connection, std::error_code code) override {
    const Running running(*this);
    SLUICE_MUST(opened_ == connection.opened() && !closed_);
    closed_ = true;
    reason = connection.close_reason();
    SLUICE_MUST(is_right(code, connection.options()));
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

  void abort(Connection& connection) {
    aborted_ = true;
    connection.abort();
  }

  std::size_t sent_by_peer = 0;
  std::size_t sent = 0;  // by the handler, and accepted
  CloseReason reason = CloseReason::open;
  bool above_mark = false;  // the high one, and not below the low one since
  // Its turn was over: the rest is to be shown again unless it is paused or ends.
  bool owed = false;
  bool peer_ended = false;
  int peer_error = 0;
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  // Every callback is a frame of its own: none runs inside another.
  struct Running {
    explicit Running(Model& of) : model(of) { SLUICE_MUST(model.depth_++ == 0); }
    ~Running() { --model.depth_; }
    Model& model;
  };

  static bool is_reset(int error) noexcept { return error == ECONNRESET || error == EPIPE; }
  // Each reason has its cause, and none comes without.
  [[nodiscard]] bool is_right(std::error_code code, const ConnectionOptions& options) const {
    switch (reason) {
      case CloseReason::peer_closed:
        return !code && peer_ended;
      case CloseReason::closed:
        return !code && (closed_by_us_ || eof_);
      case CloseReason::peer_reset:
      case CloseReason::system_error:
        return peer_error != 0 && code == std::error_code(peer_error, std::generic_category()) &&
               is_reset(peer_error) == (reason == CloseReason::peer_reset);
      case CloseReason::aborted:
        return code == reason && (aborted_ || dropped_);
      case CloseReason::open_failed:
        return !opened_ && peer_error != 0 &&
               code == std::error_code(peer_error, std::generic_category());
      case CloseReason::open_timeout:
        return !opened_ && code == reason && options.open_timeout.count() > 0;
      case CloseReason::handler_threw:
        return code == reason && threw_;
      case CloseReason::queue_limit:
        return code == reason && overflowed_;
      case CloseReason::input_limit:
        return code == reason && sent_by_peer - consumed_ > options.input_limit;
      case CloseReason::idle_timeout:
        return code == reason && options.idle_timeout.count() > 0;
      case CloseReason::write_timeout:
        return code == reason && options.write_timeout.count() > 0;
      default:
        return false;
    }
  }
  void end(Connection& connection, std::size_t how) {
    switch (how) {
      case 0:
        closed_by_us_ = true;
        dropped_ = dropped_ || (!opened_ && connection.queued() > 0);
        return connection.close();
      case 1:
        return abort(connection);
      case 2:
        ended_ = true;
        return connection.shutdown();
      default:
        if (depth_ == 0 || choices_.any(4) != 0) return;
        threw_ = true;
        throw std::runtime_error("now and then");
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
    if (connection.state() > Connection::State::open || ended_) return false;
    const bool fits = connection.queued() + size <= connection.options().queue_limit;
    overflowed_ = overflowed_ || !fits;
    return fits;
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
  bool closed_by_us_ = false;
  bool aborted_ = false;
  bool dropped_ = false;  // close() while opening, with something queued
  bool threw_ = false;
  bool overflowed_ = false;
};

}  // namespace sluice::fuzz

#endif
