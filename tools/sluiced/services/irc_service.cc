#include "irc_service.h"

#include <memory>
#include <string>
#include <string_view>

#include "../../../protocols/irc/irc.h"
#include "chat_core.h"
#include "listening_service.h"

namespace sluice::tools::daemon {
namespace {

using namespace chat_keys;

constexpr std::size_t kMaxNetwork = 32;

constexpr TextKey kNetwork({.name = "network",
                            .form = "NAME",
                            .summary = "name of the network, which clients show",
                            .applies = over_streams},
                           {1, kMaxNetwork}, "sluice", check_house);

constexpr const Key* kKeys[] = {&kHouse,
                                &kNetwork,
                                &kGreeting,
                                &kHistory,
                                &kMembers,
                                &kInRoom,
                                &kRooms,
                                &kRate,
                                &kBurst,
                                &kSendQueue,
                                &kSlow,
                                &kMessageTimeout,
                                &kFirstMessageTimeout};

// A door to the house.
class IrcService final : public ListeningService {
 public:
  // REQUIRES: `chat` outlives it.
  IrcService(const ServiceHost& host, const ListenSpec& spec, Chat& chat)
      : irc_(chat, {.network = std::string(spec.settings.get(kNetwork))}) {
    listen(host, spec, irc_.factory(), derive_door(spec.settings));
  }

 private:
  Irc irc_;
};

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<IrcService>(host, spec, static_cast<ChatCore&>(*host.core).chat());
}

}  // namespace

const ServiceKind kIrcKind = {
    .name = "irc",
    .summary = "lets clients of IRC talk in chat's rooms",
    .over_streams = true,
    .over_udp = false,
    .keys = kKeys,
    .make_core = make_house,
    .core_name = house_of,
    .start = start,
};

}  // namespace sluice::tools::daemon
