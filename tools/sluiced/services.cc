#include "services.h"

#include <algorithm>
#include <array>

#include "broadcast_service.h"
#include "chat_service.h"
#include "framed_service.h"
#include "small_services.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::array kServices = {
    &kEchoService,  &kDiscardService, &kChargenService, &kDaytimeService, &kTimeService,
    &kUpperService, &kGreetService,   &kFramedService,  &kChatService,    &kBroadcastService,
};

}  // namespace

std::span<const Service* const> all_services() noexcept { return kServices; }

const Service* find_service(std::string_view name) noexcept {
  const auto found = std::find_if(kServices.begin(), kServices.end(),
                                  [name](const Service* service) { return service->name == name; });
  return found == kServices.end() ? nullptr : *found;
}

}  // namespace sluice::tools::daemon
