// A connection that speaks IRC. Only for irc.cc.
//
// What it is: the lines of one client, its registration, and its commands; the house has the rules.
// A line that other members would notice waits for the rate of its source, and while a member that
// would receive it is behind. All other lines are answered at once.
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_CLIENT_H
#define SLUICE_PROTOCOLS_IRC_IRC_CLIENT_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "../../reactor/stream/protocol.h"
#include "../chat/chat_seat.h"
#include "irc_format.h"
#include "irc_line.h"
#include "irc_options.h"

namespace sluice {

// Bounds of a line's effects. ISUPPORT names them.
inline constexpr std::size_t kMaxTopicOfIrc = 390;  // bytes of a topic, a reason, an away message
inline constexpr std::size_t kMaxTargets = 4;       // of one message
inline constexpr std::size_t kMaxModeChanges = 4;   // with a parameter, of one line
inline constexpr std::size_t kMaxUserhosts = 5;     // RFC 2812, section 4.8

class IrcClient final : public Protocol, public ChatSeat {
 public:
  // REQUIRES: `options` outlives it.
  IrcClient(ChatDesk& desk, const IrcOptions& options) : ChatSeat(desk), options_(options) {}

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

 private:
  struct Command;
  using Run = void (IrcClient::*)(const IrcLine&);

  void enter() override {}
  void refuse_newcomer() override {}
  void report_dropped(std::uint64_t bytes) override;

  // irc_client.cc
  enum class Handled : std::uint8_t { yes, later };
  [[nodiscard]] Handled handle(std::string_view text);
  void run(const Command& command, const IrcLine& line);
  [[nodiscard]] static std::span<const Command> commands() noexcept;
  [[nodiscard]] bool must_wait(const IrcLine& line);
  void reply(std::string_view command, std::initializer_list<std::string_view> params);
  // The first parameter of a numeric is the nick.
  void numeric(std::string_view number, std::initializer_list<std::string_view> params);
  void send(std::string_view text);
  [[nodiscard]] bool is_open();
  [[nodiscard]] std::string_view nick() noexcept;
  [[nodiscard]] std::string mask();
  [[nodiscard]] ChatRoom* find_channel(std::string_view name);
  // Answers that there is none.
  [[nodiscard]] ChatRoom* need_channel(std::string_view name);
  [[nodiscard]] ChatMember* need_member(std::string_view nick);
  [[nodiscard]] bool can_see(const ChatRoom& room);
  void explain(ChatResult result, std::string_view what);
  void end(std::string_view reason);

  // irc_registration.cc
  void cap(const IrcLine& line);
  void cap_list(bool all, std::string_view subcommand);
  void cap_request(std::string_view wanted);
  void pass(const IrcLine& line);
  void set_nick(const IrcLine& line);
  void user(const IrcLine& line);
  void ping(const IrcLine& line);
  void pong(const IrcLine& line);
  void quit(const IrcLine& line);
  void register_if_complete();
  void welcome();
  void isupport();
  void apply_format();

  // irc_rooms.cc
  void join(const IrcLine& line);
  void join_one(std::string_view name, std::string_view key);
  void part(const IrcLine& line);
  void topic(const IrcLine& line);
  void send_topic(const ChatRoom& room);
  void names(const IrcLine& line);
  void send_names(const ChatRoom& room);
  void list(const IrcLine& line);
  void kick(const IrcLine& line);
  void invite(const IrcLine& line);

  // irc_modes.cc
  void mode(const IrcLine& line);
  void user_mode(const IrcLine& line);
  void send_modes(const ChatRoom& room);
  void send_bans(const ChatRoom& room);
  void change_modes(ChatRoom& room, const IrcLine& line);
  struct ModeChanges;
  void change_mode(ChatRoom& room, ModeChanges& changes, char letter, std::string_view parameter);

  // irc_messages.cc
  void privmsg(const IrcLine& line);
  void notice(const IrcLine& line);
  void tagmsg(const IrcLine& line);
  void send_to(const IrcLine& line, ChatEvent::Kind kind, bool explains);
  void send_one(std::string_view target, ChatEvent::Kind kind, std::string_view text,
                std::string_view tags, bool explains);
  void away(const IrcLine& line);

  // irc_queries.cc
  void who(const IrcLine& line);
  void send_who(const ChatMember& one, const ChatRoom* room);
  void whois(const IrcLine& line);
  void whowas(const IrcLine& line);
  void userhost(const IrcLine& line);
  void ison(const IrcLine& line);
  void motd(const IrcLine& line);
  void lusers(const IrcLine& line);
  void version(const IrcLine& line);
  void time(const IrcLine& line);

  const IrcOptions& options_;
  std::string out_;  // the answers to the line that is handled
  std::string nick_;
  std::string user_;
  std::string real_name_;
  IrcCapabilities capabilities_;
  bool negotiates_ = false;   // CAP LS or REQ was sent, and CAP END not yet
  bool is_skipping_ = false;  // the rest of a line that is too long
  bool is_invisible_ = false;
};

}  // namespace sluice

#endif
