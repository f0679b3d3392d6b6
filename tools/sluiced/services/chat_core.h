// The shared parts of the fronts of a chat in sluiced: the house, its keys, and those of each door.
//
// What it is: services of any kind with the same key `house` have one house. A rule that one of
// them gives holds for all of them (shared_rules.h).
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_CHAT_CORE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_CHAT_CORE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../../protocols/bus/chat_bridge.h"
#include "../../../protocols/chat/chat.h"
#include "../../../reactor/stream/listener.h"
#include "chat_keys.h"
#include "room_logs.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

// REQUIRES of all: valid settings of a kind with the keys of chat_keys.h.
std::string house_of(const ListenSpec& spec);
ChatOptions derive_house(const Settings& settings);
ListenerOptions derive_door(const Settings& settings);
// For ServiceKind::validate of every kind with these keys.
void validate_house(const ListenSpec& spec, SettingErrors& errors);
// For ServiceKind::validate, of a door with the key kLine: what validate_house() looks at, too.
void validate_door(const ListenSpec& spec, SettingErrors& errors);
// That a house whose rooms are named for logs has a directory for them, whichever of its services
// gives it. REQUIRES: the rules of houses are settled (share_rules()). Throws UsageError.
void check_room_logs(std::span<const ListenSpec> specs);
// Reads the files of the key motd: the text becomes the greeting of the house. REQUIRES: the rules
// of houses are settled (share_rules()). Throws UsageError and std::system_error.
void load_greetings(std::vector<ListenSpec>& specs);
// The file that load_greetings() has read for it, if any.
std::optional<std::string> greeting_file(const ListenSpec& spec);
// What it has read is left out, or the name of the file: one of both is enough to read.
void drop_greeting_text(ListenSpec& spec);
void drop_greeting_file(ListenSpec& spec);
// The logs of the rooms of its house; none unless it has the key room-log.
std::vector<RoomLogFile> room_log_files(const Settings& settings);
// For ServiceKind::make_core.
std::unique_ptr<ServiceCore> make_house(const CoreHost& host, const ListenSpec& spec);
// Of a service whose kind has make_house().
Chat& chat_of(const ServiceHost& host) noexcept;

class ChatCore final : public ServiceCore {
 public:
  // `bus` may be null. Throws std::system_error that names the log which cannot be opened.
  ChatCore(const CoreHost& host, const Settings& settings, std::unique_ptr<Bus> bus);
  [[nodiscard]] Chat& chat() noexcept { return chat_; }
  void prepare(const Settings& settings) override;
  void apply(const Settings& settings) override;
  void discard() noexcept override { logs_.discard(); }
  std::size_t reopen_logs() noexcept override;

 private:
  void use_logs();

  RoomLogs logs_;
  Chat chat_;
  std::unique_ptr<Bus> bus_;
  std::optional<ChatBridge> bridge_;
};

}  // namespace sluice::tools::daemon

#endif
