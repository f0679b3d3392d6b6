#include "chat_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../reactor/base/quote.h"
#include "../../reactor/stream/listener.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "listen_spec.h"

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
constexpr std::uint32_t kMaxRate = 1'000'000;
constexpr std::uint32_t kMaxSeconds = 86'400;

class ChatRunning final : public RunningService, private ChatOutlet {
 public:
  ChatRunning(const ServiceHost& host, const ListenSpec& spec)
      : chat_(host.loop, spec.settings_as<ChatSettings>().options()),
        listener_(host.loop, spec.endpoint, chat_.factory(), spec.stream) {}
  ~ChatRunning() override { close_console(); }

  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return listener_.endpoint(); }

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

  Chat chat_;
  Listener listener_;
  Console* console_ = nullptr;
  ChatMember* member_ = nullptr;
};

ChatSettings& settings_in(const ListenSpec& spec) { return spec.settings_as<ChatSettings>(); }

void apply_greeting(ListenSpec& spec, std::string_view value) {
  if (value.size() > kMaxGreeting) {
    throw UsageError("greeting has " + std::to_string(value.size()) + " bytes; allowed: 0-" +
                     std::to_string(kMaxGreeting));
  }
  settings_in(spec).rules.greeting = value;
}

void apply_rate(ListenSpec& spec, std::string_view value) {
  auto& rate = settings_in(spec).rate;
  if (value == "off") return rate.reset();
  const std::size_t slash = value.find('/');
  if (slash == value.npos) {
    throw UsageError("rate " + quote(value) + " is not off or LINES/SECONDS, such as 10/1");
  }
  const auto lines = parse_number("rate's lines", value.substr(0, slash), 1, kMaxRate);
  const auto seconds = parse_number("rate's seconds", value.substr(slash + 1), 1, kMaxSeconds);
  rate = {static_cast<std::uint32_t>(lines), static_cast<std::uint32_t>(seconds)};
}

void apply_slow(ListenSpec& spec, std::string_view value) {
  if (value != "close" && value != "drop") {
    throw UsageError("slow " + quote(value) + " is not close or drop");
  }
  settings_in(spec).slow = value == "close" ? OverflowPolicy::close : OverflowPolicy::drop_newest;
}

constexpr ListenKey kChatKeys[] = {
    {"greeting", "TEXT", "first text that a new member reads; may be empty", over_streams,
     apply_greeting},
    {"history", "LINES", "lines of a room shown to a new member (20)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).rules.history = parse_number("history", value, 0, kMaxHistory);
     }},
    {"max-line", "BYTES", "longest line (4096)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).max_line = parse_number("max-line", value, 1, kMaxLine);
     }},
    {"max-members", "COUNT", "limit on members in all rooms (4096)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).rules.max_members = parse_count("max-members", value);
     }},
    {"max-in-room", "COUNT", "limit in one room other than the lobby (none)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).rules.max_in_room = parse_count("max-in-room", value);
     }},
    {"max-rooms", "COUNT", "limit on rooms, the lobby included (256)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).rules.max_rooms = parse_count("max-rooms", value);
     }},
    {"rate", "LINES/SECONDS", "limit on lines of one member, or off (10/1)", over_streams,
     apply_rate},
    {"burst", "LINES", "lines at once after silence (50)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).burst =
           static_cast<std::uint32_t>(parse_number("burst", value, 1, kMaxRate));
     }},
    {"send-queue", "BYTES", "limit on output pending for a member (1048576)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       settings_in(spec).send_queue =
           parse_number("send-queue", value, kMinSendQueue, kMaxSendQueue);
     }},
    {"slow", "close|drop", "what happens when send-queue is full (close)", over_streams,
     apply_slow},
};

void check_chat(ListenSpec& spec) {
  ChatSettings& settings = settings_in(spec);
  const std::size_t least = kLinesInQueue * settings.max_line;
  if (settings.send_queue < least) {
    throw UsageError("send-queue " + std::to_string(settings.send_queue) + " is less than " +
                     std::to_string(kLinesInQueue) + " times max-line " +
                     std::to_string(settings.max_line) + "; allowed: " + std::to_string(least) +
                     "-" + std::to_string(kMaxSendQueue));
  }
  // A member is behind, and others wait for it, well before its queue is full: what was collected
  // by then must still fit.
  const std::size_t quarter = settings.send_queue / 4;
  settings.rules.block = std::min(settings.rules.block, quarter);
  ConnectionOptions& connection = spec.stream.connection;
  connection.high_water = std::min(connection.high_water, quarter);
  connection.queue_limit = settings.send_queue;
  connection.max_read = kMaxRead;  // a member that waits is held this much
  connection.overflow = settings.slow;
}

}  // namespace

ChatOptions ChatSettings::options() const {
  ChatOptions options;
  options.rules = rules;
  options.max_line = max_line;
  options.rate.reset();
  if (rate) {
    options.rate = TokenRate::of(rate->lines, std::chrono::seconds(rate->seconds), burst);
  }
  return options;
}

const Service kChatService = {
    .name = "chat",
    .summary = "lets people talk in rooms, line by line",
    .over_streams = true,
    .over_udp = false,
    .console = ConsoleUse::talks,
    .keys = kChatKeys,
    .settings = []() -> std::unique_ptr<ServiceSettings> {
      return std::make_unique<ChatSettings>();
    },
    .check = check_chat,
    .start = [](const ServiceHost& host, const ListenSpec& spec)
        -> std::unique_ptr<RunningService> { return std::make_unique<ChatRunning>(host, spec); },
};

}  // namespace sluice::tools::daemon
