// A client of IRC, whatever carries its lines. Only for the handlers of connections.
//
// What it is: the registration of one client, and its commands; the house has the rules. A line
// that other members would notice waits for the rate of its source, and while a member that would
// receive it is behind. CHATHISTORY waits for the rate alone. All other lines are answered at once.
// A handler derives from this and from a Protocol: it finds the lines, and says how they are sent.
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_CLIENT_H
#define SLUICE_PROTOCOLS_IRC_IRC_CLIENT_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../chat/chat_seat.h"
#include "irc_format.h"
#include "irc_line.h"
#include "irc_options.h"

namespace sluice {

// Bounds of a line's effects. ISUPPORT names them.
inline constexpr std::size_t kMaxTargets = 4;      // of one message
inline constexpr std::size_t kMaxModeChanges = 4;  // with a parameter, of one line
inline constexpr std::size_t kMaxUserhosts = 5;    // RFC 2812, section 4.8

class IrcClient : public ChatSeat {
 protected:
  struct Command;
  // A line of the client without its end. Its parts are views of `text`.
  struct Request {
    explicit Request(std::string_view text);
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    bool is_too_long;
    std::string cleaned;  // the line, if it had a NUL
    IrcLine line;
    std::string name;                  // of the command, in capitals
    const Command* command = nullptr;  // null: there is none
  };

  // REQUIRES: `options` outlives it.
  IrcClient(ChatDesk& desk, const IrcOptions& options) : ChatSeat(desk), options_(options) {}

  // Whether the line may be handled now. If not, the connection is paused, and the line is to be
  // offered again when it resumes.
  [[nodiscard]] bool may_handle(const Request& request);
  // REQUIRES: may_handle(request).
  void handle(const Request& request);
  void reject_long_line();  // send_answers() sends it
  void send_answers();

  // The connection can send.
  [[nodiscard]] virtual bool is_open();
  // `lines` as the connection carries them, and the format for a member with these capabilities.
  [[nodiscard]] virtual std::string encode(std::string lines) const { return lines; }
  [[nodiscard]] virtual const ChatFormat& format_of(const IrcCapabilities& capabilities) const {
    return capabilities.format();
  }
  virtual void hang_up() { connection().close(); }  // it is no member

 private:
  using Run = void (IrcClient::*)(const IrcLine&);

  void enter() override {}
  void say(std::string_view notice) override;

  // irc_client.cc
  [[nodiscard]] bool is_counted(const Request& request) const;
  void run(const Command& command, const IrcLine& line);
  [[nodiscard]] static std::span<const Command> commands() noexcept;
  [[nodiscard]] bool must_wait(const IrcLine& line);
  void reply(std::string_view command, std::initializer_list<std::string_view> params);
  // The first parameter of a numeric is the nick.
  void numeric(std::string_view number, std::initializer_list<std::string_view> params);
  [[nodiscard]] std::string_view nick() noexcept;
  [[nodiscard]] std::string mask();
  [[nodiscard]] ChatRoom* find_channel(std::string_view name);
  // These two answer that there is none.
  [[nodiscard]] ChatRoom* need_channel(std::string_view name);
  [[nodiscard]] ChatMember* need_member(std::string_view nick);
  [[nodiscard]] bool can_see(const ChatRoom& room);
  void explain(ChatResult result, std::string_view what);
  void end(std::string_view reason);

  // irc_registration.cc
  void cap(const IrcLine& line);
  void cap_list(bool all, std::string_view subcommand, bool values);
  void cap_request(std::string_view wanted);
  void pass(const IrcLine& line);
  void set_nick(const IrcLine& line);
  void user(const IrcLine& line);
  void ping(const IrcLine& line);
  void pong(const IrcLine& line);
  void quit(const IrcLine& line);
  void oper(const IrcLine& line);
  void register_if_complete();
  void welcome();
  void isupport();
  void become_operator();
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
  void send_mutes(const ChatRoom& room);
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

  // irc_history.cc
  void chathistory(const IrcLine& line);
  void history_targets(const IrcLine& line);
  [[nodiscard]] bool need_params(const IrcLine& line, std::size_t count);
  [[nodiscard]] std::optional<ChatTime> need_time(const IrcLine& line, std::size_t index);
  [[nodiscard]] std::optional<IrcReference> need_reference(const IrcLine& line, std::size_t index);
  [[nodiscard]] std::size_t need_limit(const IrcLine& line);
  void history_failed(std::string_view code, std::string_view what, std::string_view why);
  void send_batch(const std::string& kind, std::string_view lines);

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
  void info(const IrcLine& line);
  void admin(const IrcLine& line);
  void links(const IrcLine& line);
  void stats(const IrcLine& line);

  const IrcOptions& options_;
  std::string out_;  // the answers to the line that is handled
  std::string nick_;
  std::string user_;
  std::string real_name_;
  IrcCapabilities capabilities_;
  bool negotiates_ = false;  // CAP LS or REQ was sent, and CAP END not yet
  bool is_invisible_ = false;
};

}  // namespace sluice

#endif
