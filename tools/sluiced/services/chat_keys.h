// The keys of every front of a chat. chat_core.h derives from them.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_CHAT_KEYS_H
#define SLUICE_TOOLS_SLUICED_SERVICES_CHAT_KEYS_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../../protocols/chat/chat_name.h"
#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"
#include "../endpoints/socket_keys.h"
#include "../settings/key_types.h"
#include "../settings/rate_key.h"
#include "../settings/users_key.h"

namespace sluice::tools::daemon::chat_keys {

// Space for what a newcomer receives, which is the greeting, 64 KiB of lines and a topic, and for
// the answer to /who with as many names as the default of max-members allows.
inline constexpr std::size_t kMinSendQueue = 256 * 1024;
inline constexpr std::size_t kMaxSendQueue = 1024 * 1024 * 1024;
inline constexpr std::size_t kLinesInQueue = 8;  // that a send queue has room for at least
inline constexpr std::size_t kMaxHistory = 1000;
inline constexpr std::size_t kMaxRead = 64 * 1024;
inline constexpr std::size_t kMaxGreeting = 4096;
inline constexpr std::uint32_t kMaxLines = 1'000'000;
inline constexpr std::uint32_t kMaxSeconds = 86'400;

inline void check_house(std::string_view name, std::string_view text) {
  if (is_chat_name(text)) return;
  throw UsageError(std::string(name) + ' ' + quote(text) + ": " + chat_name_error(text));
}

inline constexpr TextKey kHouse({.name = "house",
                                 .form = "NAME",
                                 .summary = "services of one house share members and rooms",
                                 .applies = over_streams},
                                {1, kMaxChatName}, "main", check_house);
inline constexpr TextKey kGreeting({.name = "greeting",
                                    .form = "TEXT",
                                    .summary = "first text that a new member reads; may be empty",
                                    .applies = over_streams},
                                   {0, kMaxGreeting});
inline constexpr TextKey kMotd({.name = "motd",
                                .form = "FILE",
                                .summary = "file of the greeting, read again at a reload",
                                .applies = over_streams,
                                .without = "none"},
                               {1, 4095});
inline constexpr NumberKey kHistory({.name = "history",
                                     .form = "LINES",
                                     .summary = "lines of a room shown to a new member",
                                     .applies = over_streams},
                                    {0, kMaxHistory}, 20);
inline constexpr NumberKey kMembers({.name = "max-members",
                                     .form = "COUNT",
                                     .summary = "limit on members in all rooms",
                                     .applies = over_streams},
                                    NumberKey::kCount, 4096);
inline constexpr NumberKey kInRoom({.name = "max-in-room",
                                    .form = "COUNT",
                                    .summary = "limit in one room other than the lobby",
                                    .applies = over_streams,
                                    .without = "none"},
                                   NumberKey::kCount);
inline constexpr NumberKey kRooms({.name = "max-rooms",
                                   .form = "COUNT",
                                   .summary = "limit on rooms, the lobby included",
                                   .applies = over_streams},
                                  NumberKey::kCount, 256);
inline constexpr WordsKey kReserved({.name = "reserved",
                                     .form = "NAME...",
                                     .summary = "names that nobody can take",
                                     .applies = over_streams,
                                     .without = "operator server system"},
                                    {1, kMaxChatName});
inline constexpr UsersKey kOperators({.name = "operators",
                                      .form = "USERS",
                                      .summary = "who operates every room, over a Unix socket",
                                      .applies = over_streams,
                                      .without = "none"});
inline constexpr WordsKey kOperatorCerts({.name = "operator-certs",
                                          .form = "NAME...",
                                          .summary = "the same with a client certificate",
                                          .applies = over_streams,
                                          .without = "none"},
                                         {1, 255});
inline constexpr WordsKey kOperatorPasswords({.name = "operator-passwords",
                                              .form = "NAME:HASH...",
                                              .summary = "the same with a password",
                                              .applies = over_streams,
                                              .without = "none",
                                              .secret = true},
                                             {1, 255});
inline void check_directory(std::string_view name, std::string_view text) {
  // Not relative to a folder that nobody has written down, and that a chroot changes.
  if (text.starts_with('/') && text.find('\0') == text.npos) return;
  throw UsageError(std::string(name) + ' ' + quote(text) + " does not begin with a slash");
}
inline constexpr TextKey kRoomLog({.name = "room-log",
                                   .form = "DIRECTORY",
                                   .summary = "where the lines of logged-rooms are kept",
                                   .applies = over_streams,
                                   .without = "none"},
                                  {1, 3900}, {}, check_directory);
inline constexpr WordsKey kLoggedRooms({.name = "logged-rooms",
                                        .form = "NAME...",
                                        .summary = "rooms whose lines are kept in room-log",
                                        .applies = over_streams,
                                        .without = "the lobby"},
                                       {1, kMaxChatName});
inline constexpr RateKey kRate(
    {.name = "rate",
     .form = "LINES/SECONDS",
     .summary = "limit on lines of one source, or off",
     .applies = over_streams},
    {.counted = "lines", .max_count = kMaxLines, .max_seconds = kMaxSeconds}, {10, 1});
inline constexpr NumberKey kBurst({.name = "burst",
                                   .form = "LINES",
                                   .summary = "lines at once after silence",
                                   .applies = over_streams},
                                  {1, kMaxLines}, 50);
inline constexpr NumberKey kSendQueue({.name = "send-queue",
                                       .form = "BYTES",
                                       .summary = "limit on output pending for a member",
                                       .applies = over_streams},
                                      {kMinSendQueue, kMaxSendQueue}, 1024 * 1024);
inline constexpr std::string_view kDrop = "drop";
inline constexpr std::array<std::string_view, 2> kSlowWords = {"close", kDrop};
inline constexpr ChoiceKey kSlow({.name = "slow",
                                  .form = "close|drop",
                                  .summary = "what happens when send-queue is full",
                                  .applies = over_streams},
                                 kSlowWords);

// The keys of what all members share.
inline constexpr const Key* kHouseKeys[] = {
    &kGreeting, &kMotd,     &kHistory,   &kMembers,       &kInRoom,
    &kRooms,    &kReserved, &kOperators, &kOperatorCerts, &kOperatorPasswords,
    &kRate,     &kBurst,    &kRoomLog,   &kLoggedRooms};

// Of the doors for lines of any length.
inline constexpr std::size_t kMaxLine = 64 * 1024;
inline constexpr NumberKey kLine(
    {.name = "max-line", .form = "BYTES", .summary = "longest line", .applies = over_streams},
    {1, kMaxLine}, 4096);
inline constexpr DurationKey kMessageTimeout = message_timeout_key(
    "limit on the time of a whole line", over_streams, std::chrono::milliseconds(0));
inline constexpr DurationKey kFirstMessageTimeout =
    first_message_timeout_key("limit on the time to the first line", over_streams);

}  // namespace sluice::tools::daemon::chat_keys

#endif
