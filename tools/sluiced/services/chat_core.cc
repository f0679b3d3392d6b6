#include "chat_core.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace sluice::tools::daemon {

using namespace chat_keys;

std::string house_of(const ListenSpec& spec) { return chat_name_key(spec.settings.get(kHouse)); }

ChatOptions derive_house(const Settings& settings) {
  ChatOptions options;
  ChatRules& rules = options.rules;
  rules.greeting = settings.find(kGreeting).value_or(rules.greeting);
  rules.history = settings.get(kHistory);
  rules.max_members = settings.get(kMembers);
  rules.max_in_room = settings.find(kInRoom).value_or(rules.max_in_room);
  rules.max_rooms = settings.get(kRooms);
  // A member is behind, and others wait for it, well before its queue is full: what was collected
  // by then must still fit.
  rules.block = std::min<std::size_t>(rules.block, settings.get(kSendQueue) / 4);
  const Rate rate = settings.get(kRate);
  options.rate.reset();
  if (!rate.is_off()) {
    options.rate = TokenRate::of(rate.count, std::chrono::seconds(rate.seconds),
                                 static_cast<std::uint32_t>(settings.get(kBurst)));
  }
  options.source_prefix = derive_listener(settings).source_prefix;
  return options;
}

ListenerOptions derive_door(const Settings& settings) {
  ListenerOptions options = derive_listener(settings);
  const std::size_t queue = settings.get(kSendQueue);
  ConnectionOptions& connection = options.connection;
  connection.high_water = std::min(connection.high_water, queue / 4);
  connection.queue_limit = queue;
  connection.message_timeout = settings.get(kMessageTimeout);
  connection.first_message_timeout = settings.get(kFirstMessageTimeout);
  connection.max_read = kMaxRead;  // a member that waits is held this much
  connection.overflow =
      settings.get(kSlow) == kDrop ? OverflowPolicy::drop_newest : OverflowPolicy::close;
  return options;
}

void validate_door(const ListenSpec& spec, SettingErrors& errors) {
  const std::uint64_t max_line = spec.settings.get(kLine);
  const std::uint64_t queue = spec.settings.get(kSendQueue);
  const std::uint64_t least = kLinesInQueue * max_line;
  if (queue >= least) return;
  errors.push_back({std::string(kSendQueue.name()),
                    "send-queue " + std::to_string(queue) + " is less than " +
                        std::to_string(kLinesInQueue) + " times max-line " +
                        std::to_string(max_line) + "; allowed: " + std::to_string(least) + "-" +
                        std::to_string(kMaxSendQueue)});
}

std::unique_ptr<ServiceCore> make_house(const CoreHost& host, const ListenSpec& spec) {
  std::unique_ptr<Bus> bus;
  if (host.make_bus) bus = host.make_bus(host.loop, house_of(spec));
  return std::make_unique<ChatCore>(host.loop, derive_house(spec.settings), std::move(bus));
}

Chat& chat_of(const ServiceHost& host) noexcept {
  return static_cast<ChatCore&>(*host.core).chat();
}

}  // namespace sluice::tools::daemon
