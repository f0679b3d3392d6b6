// A conversation with one endpoint: the common interface of streams and UDP.
//
// Lifetime: a session must be destroyed before its loop and before the receiver of its events, and
// not inside an event. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICE_TALK_SESSION_H
#define SLUICE_TOOLS_SLUICE_TALK_SESSION_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "../common/program.h"

namespace sluice::tools::talk {

// The events of a session. None of these runs inside a function of the session, except start().
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  // Connected, or open. `agreed` describes TLS and the subprotocol; it is empty without them.
  virtual void on_ready(const std::string& local, const std::string& agreed) = 0;
  virtual void on_message(std::string_view from, std::span<const std::byte> message) = 0;
  // Several messages of the framing line, each with its LF, in place of on_message().
  virtual void on_lines(std::string_view lines) = 0;
  virtual void on_room() = 0;  // full() no more
  virtual void on_end() = 0;   // the peer will send no more
  // An error that does not end the session, for the user.
  virtual void on_notice(const std::string& text) = 0;
  // Once, last: the session has failed, or has sent everything after close().
  virtual void on_closed(const Outcome& outcome) = 0;
};

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual void start() = 0;
  // Returns why the message cannot be sent as such, or "". REQUIRES: ready, and not full().
  virtual std::string send(std::string_view message) = 0;
  // Several messages, as the framing line sends them: each with its LF, and no CR before it.
  // REQUIRES: as send(), and Wire::sends_lines_as_they_are().
  virtual void send_lines(std::string_view lines) = 0;
  // So much output is pending that the caller should not add to it.
  [[nodiscard]] virtual bool full() const = 0;
  // No more will be sent. Over UDP the peer does not notice. A WebSocket sends a Close frame, after
  // which a server may stop answering.
  virtual void half_close() = 0;
  virtual void pause() = 0;  // reads no more until resume(); not counted
  virtual void resume() = 0;
  virtual void close() = 0;  // sends what waits; on_closed() follows
};

}  // namespace sluice::tools::talk

#endif
