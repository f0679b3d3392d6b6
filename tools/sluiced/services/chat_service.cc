#include "chat_service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../settings/key_types.h"
#include "../settings/rate_key.h"
#include "listening_service.h"
#include "socket_keys.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kOperator = "operator";
constexpr std::size_t kMaxLine = 64 * 1024;
// What a newcomer is shown, and who is in a room, must fit, however much the others have said: the
// greeting, 64 KiB of lines and a topic; as many names as max-members allows where nobody set it.
constexpr std::size_t kMinSendQueue = 256 * 1024;
constexpr std::size_t kMaxSendQueue = 1024 * 1024 * 1024;
constexpr std::size_t kLinesInQueue = 8;  // that a send queue has room for at least
constexpr std::size_t kMaxHistory = 1000;
constexpr std::size_t kMaxRead = 64 * 1024;
constexpr std::size_t kMaxGreeting = 4096;
constexpr std::uint32_t kMaxLines = 1'000'000;
constexpr std::uint32_t kMaxSeconds = 86'400;

constexpr TextKey kGreeting({.name = "greeting",
                             .form = "TEXT",
                             .summary = "first text that a new member reads; may be empty",
                             .applies = over_streams},
                            {0, kMaxGreeting});
constexpr NumberKey kHistory({.name = "history",
                              .form = "LINES",
                              .summary = "lines of a room shown to a new member",
                              .applies = over_streams},
                             {0, kMaxHistory}, 20);
constexpr NumberKey kLine(
    {.name = "max-line", .form = "BYTES", .summary = "longest line", .applies = over_streams},
    {1, kMaxLine}, 4096);
constexpr NumberKey kMembers({.name = "max-members",
                              .form = "COUNT",
                              .summary = "limit on members in all rooms",
                              .applies = over_streams},
                             NumberKey::kCount, 4096);
constexpr NumberKey kInRoom({.name = "max-in-room",
                             .form = "COUNT",
                             .summary = "limit in one room other than the lobby",
                             .applies = over_streams,
                             .without = "none"},
                            NumberKey::kCount);
constexpr NumberKey kRooms({.name = "max-rooms",
                            .form = "COUNT",
                            .summary = "limit on rooms, the lobby included",
                            .applies = over_streams},
                           NumberKey::kCount, 256);
constexpr RateKey kRate({.name = "rate",
                         .form = "LINES/SECONDS",
                         .summary = "limit on lines of one source, or off",
                         .applies = over_streams},
                        {.counted = "lines", .max_count = kMaxLines, .max_seconds = kMaxSeconds},
                        {10, 1});
constexpr NumberKey kBurst({.name = "burst",
                            .form = "LINES",
                            .summary = "lines at once after silence",
                            .applies = over_streams},
                           {1, kMaxLines}, 50);
constexpr NumberKey kSendQueue({.name = "send-queue",
                                .form = "BYTES",
                                .summary = "limit on output pending for a member",
                                .applies = over_streams},
                               {kMinSendQueue, kMaxSendQueue}, 1024 * 1024);
constexpr std::string_view kDrop = "drop";
constexpr std::array<std::string_view, 2> kSlowWords = {"close", kDrop};
constexpr ChoiceKey kSlow({.name = "slow",
                           .form = "close|drop",
                           .summary = "what happens when send-queue is full",
                           .applies = over_streams},
                          kSlowWords);

constexpr DurationKey kMessageTimeout = message_timeout_key(
    "limit on the time of a whole line", over_streams, std::chrono::milliseconds(0));
constexpr DurationKey kFirstMessageTimeout =
    first_message_timeout_key("limit on the time to the first line", over_streams);

constexpr const Key* kKeys[] = {&kGreeting,  &kHistory, &kLine,           &kMembers,
                                &kInRoom,    &kRooms,   &kRate,           &kBurst,
                                &kSendQueue, &kSlow,    &kMessageTimeout, &kFirstMessageTimeout};

class ChatCore final : public ServiceCore {
 public:
  ChatCore(Loop& loop, const ChatOptions& options) : chat_(loop, options) {}
  [[nodiscard]] Chat& chat() noexcept { return chat_; }
  void apply(const Settings& settings) override { chat_.set_options(derive_chat(settings).chat); }

 private:
  Chat chat_;
};

// A door to the house.
class ChatService final : public ListeningService, private ChatOutlet {
 public:
  // REQUIRES: `chat` outlives it.
  ChatService(const ServiceHost& host, const ListenSpec& spec, Chat& chat,
              const ListenerOptions& options)
      : chat_(chat) {
    listen(host, spec, chat_.factory(), options);
  }
  ~ChatService() override { close_console(); }

  void open_console(Console& console) override {
    console_ = &console;
    member_ = chat_.house().enter(*this, kOperator);
  }
  void console_line(std::string_view line) override {
    if (member_ == nullptr) return;
    // The operator speaks also while somebody is behind: a terminal does not flood.
    (void)chat_.house().submit(*member_, line, ChatHouse::Congestion::ignore);
  }
  void close_console() override {
    console_ = nullptr;
    if (ChatMember* member = std::exchange(member_, nullptr)) chat_.house().leave(*member, {});
  }

 private:
  void deliver(const Payload& block) override {
    if (console_ == nullptr) return;
    const auto bytes = block.bytes();
    console_->print({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void on_dismissed() override {
    member_ = nullptr;
    if (console_ != nullptr) console_->leave();
  }

  Chat& chat_;
  Console* console_ = nullptr;
  ChatMember* member_ = nullptr;
};

void validate(const ListenSpec& spec, SettingErrors& errors) {
  const std::uint64_t queue = spec.settings.get(kSendQueue);
  const std::uint64_t line = spec.settings.get(kLine);
  const std::uint64_t least = kLinesInQueue * line;
  if (queue >= least) return;
  errors.push_back({std::string(kSendQueue.name()),
                    "send-queue " + std::to_string(queue) + " is less than " +
                        std::to_string(kLinesInQueue) + " times max-line " + std::to_string(line) +
                        "; allowed: " + std::to_string(least) + "-" +
                        std::to_string(kMaxSendQueue)});
}

std::unique_ptr<ServiceCore> make_core(Loop& loop, const ListenSpec& spec) {
  return std::make_unique<ChatCore>(loop, derive_chat(spec.settings).chat);
}

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<ChatService>(host, spec, static_cast<ChatCore&>(*host.core).chat(),
                                       derive_chat(spec.settings).listener);
}

}  // namespace

ChatPlan derive_chat(const Settings& settings) {
  const std::size_t queue = settings.get(kSendQueue);
  // A member is behind, and others wait for it, well before its queue is full: what was collected
  // by then must still fit.
  const std::size_t quarter = queue / 4;

  ChatPlan plan{{}, derive_listener(settings)};
  ChatRules& rules = plan.chat.rules;
  rules.greeting = settings.find(kGreeting).value_or(rules.greeting);
  rules.history = settings.get(kHistory);
  rules.max_members = settings.get(kMembers);
  rules.max_in_room = settings.find(kInRoom).value_or(rules.max_in_room);
  rules.max_rooms = settings.get(kRooms);
  rules.block = std::min(rules.block, quarter);
  plan.chat.max_line = settings.get(kLine);
  const Rate rate = settings.get(kRate);
  plan.chat.rate.reset();
  if (!rate.is_off()) {
    plan.chat.rate = TokenRate::of(rate.count, std::chrono::seconds(rate.seconds),
                                   static_cast<std::uint32_t>(settings.get(kBurst)));
  }
  plan.chat.source_prefix = plan.listener.source_prefix;
  ConnectionOptions& connection = plan.listener.connection;
  connection.high_water = std::min(connection.high_water, quarter);
  connection.queue_limit = queue;
  connection.message_timeout = settings.get(kMessageTimeout);
  connection.first_message_timeout = settings.get(kFirstMessageTimeout);
  connection.max_read = kMaxRead;  // a member that waits is held this much
  connection.overflow =
      settings.get(kSlow) == kDrop ? OverflowPolicy::drop_newest : OverflowPolicy::close;
  return plan;
}

const ServiceKind kChatKind = {
    .name = "chat",
    .summary = "lets people talk in rooms, line by line",
    .over_streams = true,
    .over_udp = false,
    .console = ConsoleUse::talks,
    .keys = kKeys,
    .validate = validate,
    .make_core = make_core,
    .start = start,
};

}  // namespace sluice::tools::daemon
