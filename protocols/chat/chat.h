// A chat over streams: plain lines, as nc and telnet send them, with rooms, names and commands.
//
//   sluice::Loop loop;
//   sluice::Chat chat(loop, {});
//   const sluice::Listener listener(loop, endpoint, chat.factory(), {});
//
// What it is: the connections' side of a ChatHouse, whose rules it follows: it cuts what arrives
// into lines, takes telnet's commands out, and delivers at the end of a turn.
// A line above ChatOptions::max_line is skipped, and its sender told so. A last line without a line
// feed counts. Above ChatOptions::rate a connection is not read until its next line is allowed:
// nothing is lost, it waits.
// Slow members: a member with more than ConnectionOptions::high_water waiting for it is behind, and
// who would speak to it is not read until it has caught up, so that nothing is lost between peers
// that read. After ChatOptions::patience nobody waits for it any more, until it has caught up.
// Above ConnectionOptions::queue_limit that policy holds: closed, and the room hears "too slow"; or
// what is newest is dropped in whole blocks, and the member is told how much once it reads.
// Lifetime: must go before its loop. Connections that are left then are closed, and say nothing
// any more. Thread: the loop's. Errors: std::bad_alloc.
// Limits: REQUIRES of the connections input_limit >= max_line + Loop::kReadBufferSize, and
// high_water + ChatHouse's largest block well below queue_limit; the defaults are.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_H

#include <memory>

#include "../../reactor/base/export.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/stream/protocol.h"
#include "chat_house.h"
#include "chat_options.h"

namespace sluice {

class SLUICE_EXPORT Chat {
 public:
  explicit Chat(Loop& loop, ChatOptions options = {});
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;
  ~Chat();

  // What a Listener makes its handlers with; any number of listeners. REQUIRES: they, and the
  // function, are not used after this object.
  [[nodiscard]] ProtocolFactory factory();
  // The handler of one connection.
  [[nodiscard]] ProtocolRef handler();

  // For members without a connection, such as a terminal: enter(), hear(), leave(). What they say
  // is delivered at the end of the turn. They leave before this object goes.
  [[nodiscard]] ChatHouse& house() noexcept;
  [[nodiscard]] const ChatOptions& options() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
