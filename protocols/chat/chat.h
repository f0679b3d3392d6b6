// A chat over streams, with rooms, names and commands. Clients send plain lines, as nc and telnet
// do.
//
//   sluice::Loop loop;
//   sluice::Chat chat(loop, {});
//   const sluice::Listener listener(loop, endpoint, chat.factory(), {});
//
// What it is: the connections of a ChatHouse, which has the rules, and of ChatLines, which has the
// commands. It splits the input into lines, removes telnet commands, and delivers at the end of a
// turn.
// A line above ChatOptions::max_line is skipped, and its sender gets a notice. The last line needs
// no line feed. Above ChatOptions::rate a connection is not read until its next line is allowed, so
// nothing is lost.
// Slow members: a member is behind while more than ConnectionOptions::high_water is queued for it.
// The chat does not read connections whose lines would be sent to it until it has caught up, so
// members that read lose nothing. After ChatOptions::patience the others no longer wait for the
// member until it has caught up.
// At ConnectionOptions::queue_limit the connection's OverflowPolicy applies: the connection is
// closed and the room gets the reason "too slow", or the newest blocks are dropped as a whole, and
// the member gets the number of dropped bytes when it reads again.
// Lifetime: must be destroyed before its loop. The destructor closes the remaining connections, and
// the rooms get no notice of that. Thread: the loop's. Errors: std::bad_alloc.
// Limits: REQUIRES of the connections that input_limit >= max_line + Loop::kReadBufferSize, and
// that high_water plus the largest block of ChatHouse is well below queue_limit. The defaults meet
// both.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_H

#include <cstddef>
#include <memory>

#include "../../reactor/base/export.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/stream/protocol.h"
#include "chat_house.h"
#include "chat_options.h"

namespace sluice {

class ChatDesk;

class SLUICE_EXPORT Chat {
 public:
  explicit Chat(Loop& loop, ChatOptions options = {});
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;
  ~Chat();

  // For any number of listeners: makes their handlers. REQUIRES: neither the listeners nor the
  // function are used after this object is destroyed.
  [[nodiscard]] ProtocolFactory factory();
  // The same, for lines of at most `max_line` bytes in place of ChatOptions::max_line.
  [[nodiscard]] ProtocolFactory factory(std::size_t max_line);
  // Makes the handler of one connection.
  [[nodiscard]] ProtocolRef handler();

  // For members without a connection, such as a terminal: ChatLines(house()). Their lines are
  // delivered at the end of the turn. REQUIRES: they leave before this object is destroyed.
  [[nodiscard]] ChatHouse& house() noexcept;
  [[nodiscard]] const ChatOptions& options() const noexcept;
  // Applies to all members at once, except that the lobby keeps its name, and each room that there
  // is its history. Nobody leaves because of a smaller limit.
  void set_options(ChatOptions options);
  // For the other fronts over connections, which are part of sluice.
  [[nodiscard]] ChatDesk& desk() noexcept;

 private:
  class SLUICE_LOCAL Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
