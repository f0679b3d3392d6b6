#include "framed_service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>

#include "../../../protocols/codec/codec_registry.h"
#include "../../../protocols/framed/framed_datagrams.h"
#include "../../../protocols/framed/framed_reply.h"
#include "../../../reactor/base/text/quote.h"
#include "../../../reactor/base/text/utf8.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"
#include "../endpoints/admission.h"
#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "../settings/key_types.h"
#include "listening_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

using Kind = MessageReply::Kind;

constexpr std::size_t kMaxDatagram = 65'527;  // of UDP over IPv6; over IPv4 it is 65,507
constexpr std::string_view kReplyText = "text:";
constexpr std::array<std::pair<std::string_view, Kind>, 3> kReplies = {
    {{"echo", Kind::echo}, {"upper", Kind::upper}, {"none", Kind::none}}};

void check_framing(std::string_view /*name*/, std::string_view text) {
  const ParsedCodec parsed = parse_codec(text);
  if (const auto* wrong = std::get_if<CodecNameError>(&parsed)) throw UsageError(wrong->message);
}

void check_reply(std::string_view name, std::string_view text) {
  const auto is_text = [text](const auto& reply) { return reply.first == text; };
  if (text.starts_with(kReplyText) || std::any_of(kReplies.begin(), kReplies.end(), is_text)) {
    return;
  }
  throw UsageError("unknown " + std::string(name) + ' ' + quote(text) +
                   "; allowed: echo, upper, none and text:TEXT");
}

constexpr TextKey kFraming({.name = "framing",
                            .form = "NAME",
                            .summary = "how messages are separated",
                            .applies = over_all,
                            .of_bytes = true},
                           TextKey::kAny, "decimal:3", check_framing);
// 0 where the framing has an empty message: validate() knows.
constexpr NumberKey kMaxMessage({.name = "max-message",
                                 .form = "BYTES",
                                 .summary = "longest message received",
                                 .applies = over_all,
                                 .without = "255, or by framing"},
                                {0, kMaxCount});
constexpr TextKey kReply({.name = "reply",
                          .form = "RULE",
                          .summary = "echo, upper, none or text:TEXT",
                          .applies = over_all},
                         TextKey::kAny, "echo", check_reply);
constexpr SwitchKey kStrict({.name = "strict",
                             .form = "on|off",
                             .summary = "stream: close after a malformed frame",
                             .applies = over_streams,
                             .of_bytes = true},
                            true);

constexpr std::chrono::minutes kStreamMessageTimeout{1};
// Without a value, what is spoken decides: see also kWebSocketMessageTimeout.
constexpr DurationKey kMessageTimeout({.name = "message-timeout",
                                       .form = "DURATION",
                                       .summary = "stream: limit on the time of a message",
                                       .applies = over_streams,
                                       .without = "1m, ws 5m"},
                                      std::chrono::milliseconds(1), std::nullopt, kMaxIdle);
constexpr DurationKey kFirstMessageTimeout =
    first_message_timeout_key("stream: the same for the first one", over_streams);
constexpr NumberKey kMinRate({.name = "min-rate",
                              .form = "BYTES",
                              .summary = "stream: bytes that extend it by a second",
                              .applies = over_streams,
                              .of_bytes = true},
                             NumberKey::kCount, 1024);

constexpr const Key* kKeys[] = {&kFraming,        &kMaxMessage,          &kReply,  &kStrict,
                                &kMessageTimeout, &kFirstMessageTimeout, &kMinRate};

MessageReply reply_of(const FramedPlan& plan, const Codec& codec) {
  if (plan.reply == Kind::text) return MessageReply(codec, plan.text);
  return MessageReply(plan.reply);
}

// What the connections of one loop share: the codec's scratch, and the paced report of faults.
struct FramedPart {
  explicit FramedPart(const FramedPlan& plan)
      : framing(plan.framing, plan.options), reply(reply_of(plan, framing.codec())) {}
  Framing framing;
  MessageReply reply;
};

class FramedStreams final : public ListeningService {
 public:
  FramedStreams(const ServiceHost& host, const ListenSpec& spec, const FramedPlan& plan)
      : first_(plan) {
    ListenerOptions options = plan.listener;
    options.factory_for = [plan](Loop&) -> ProtocolFactory {
      const auto part = std::make_shared<FramedPart>(plan);
      return [part, make = framed_replies(part->framing, part->reply)](const Address& peer) {
        return make(peer);
      };
    };
    listen(host, spec, framed_replies(first_.framing, first_.reply), options);
  }

 private:
  FramedPart first_;
};

// Each message of a WebSocket is one message.
class FramedOverWebSocket final : public WebSocketService {
 public:
  FramedOverWebSocket(const ServiceHost& host, const ListenSpec& spec, const FramedPlan& plan)
      : WebSocketService(
            host, spec,
            derive_websocket(spec.settings, plan.options.limit.value_or(kMaxWebSocketMessage))),
        framing_(kAnyMessage),
        reply_(reply_of(plan, framing_.codec())) {
    ConnectionOptions& connection = listener_options().connection;
    const ConnectionOptions& planned = plan.listener.connection;
    if (const auto given = spec.settings.find(kMessageTimeout)) connection.message_timeout = *given;
    if (planned.first_message_timeout.count() > 0) {
      connection.first_message_timeout = planned.first_message_timeout;
    }
    serve(host, spec, websocket(server(), [this](auto& socket, WebSocketKind kind, auto message) {
            const auto answer = reply_.answer(message);
            if (!answer) return;
            const bool is_text = kind == WebSocketKind::text && is_utf8(*answer);
            socket.send_message(is_text ? kind : WebSocketKind::binary, *answer);
          }));
  }

 private:
  static constexpr std::string_view kAnyMessage = "u32be";  // can encode every fixed reply
  Framing framing_;
  MessageReply reply_;
};

class FramedOverUdp final : public Service {
 public:
  FramedOverUdp(const ServiceHost& host, const ListenSpec& spec, const FramedPlan& plan)
      : framing_(plan.framing, plan.options),
        reply_(reply_of(plan, framing_.codec())),
        guard_(host.loop, host.guard, host.bans, spec),
        datagrams_(host.loop, duplicate_of(host.socket), guard_.get(), framing_, reply_,
                   derive_datagram(spec.settings), derive_answers(spec.settings)) {}

  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return datagrams_.endpoint(); }
  void drain(std::chrono::milliseconds deadline, Task done) override {
    datagrams_.drain(deadline, std::move(done));
  }
  [[nodiscard]] ServiceCounters counters() const noexcept override {
    return ServiceCounters::of(datagrams_.traffic());
  }

 private:
  Framing framing_;
  MessageReply reply_;
  GuardOf guard_;
  FramedDatagrams datagrams_;
};

void validate(const ListenSpec& spec, SettingErrors& errors) {
  if (spec.speaks_websocket()) {
    if (spec.settings.find(kMaxMessage) != 0U) return;
    errors.push_back({std::string(kMaxMessage.name()), "max-message 0 is not in 1-4294967295"});
    return;
  }
  const std::string framing = spec.settings.get(kFraming);
  const std::unique_ptr<const Codec> codec = make_codec(framing);
  const std::size_t limit = spec.settings.find(kMaxMessage).value_or(codec->default_limit());
  const std::string fault = Framing::limit_fault(*codec, limit);
  if (!fault.empty()) {
    errors.push_back({std::string(kMaxMessage.name()), "max-message: " + fault});
  }
  // Of all framings, fixed:N alone can be of messages that no datagram holds.
  if (spec.scheme() == Scheme::udp && codec->min_limit() > kMaxDatagram) {
    errors.push_back(
        {std::string(kFraming.name()), "framing " + codec->name() +
                                           " is not valid over udp: a datagram has at most " +
                                           std::to_string(kMaxDatagram) + " bytes"});
  }
  const std::string reply = spec.settings.get(kReply);
  if (!reply.starts_with(kReplyText)) return;
  try {
    (void)MessageReply(*codec, reply.substr(kReplyText.size()));
  } catch (const std::invalid_argument& error) {
    errors.push_back({std::string(kReply.name()), "reply: " + std::string(error.what())});
  }
}

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  const FramedPlan plan = derive_framed(spec.settings);
  if (spec.speaks_websocket()) return std::make_unique<FramedOverWebSocket>(host, spec, plan);
  if (spec.scheme() == Scheme::udp) return std::make_unique<FramedOverUdp>(host, spec, plan);
  return std::make_unique<FramedStreams>(host, spec, plan);
}

}  // namespace

FramedPlan derive_framed(const Settings& settings) {
  FramedPlan plan;
  plan.framing = settings.get(kFraming);
  plan.options = {.limit = settings.find(kMaxMessage), .strict = settings.get(kStrict)};
  const std::string reply = settings.get(kReply);
  if (reply.starts_with(kReplyText)) {
    plan.reply = Kind::text;
    plan.text = reply.substr(kReplyText.size());
  }
  for (const auto& [name, kind] : kReplies) {
    if (name == reply) plan.reply = kind;
  }

  plan.listener = derive_listener(settings);
  const std::unique_ptr<const Codec> codec = make_codec(plan.framing);
  const std::size_t limit = plan.options.limit.value_or(codec->default_limit());
  ConnectionOptions& connection = plan.listener.connection;
  connection.message_timeout = settings.find(kMessageTimeout).value_or(kStreamMessageTimeout);
  connection.first_message_timeout = settings.get(kFirstMessageTimeout);
  connection.min_rate = settings.get(kMinRate);
  connection.input_limit =
      std::max(connection.input_limit, Framing::input_limit_for(*codec, limit));
  // The answer to a message that is taken while the queue is short of the mark must fit above it.
  const std::size_t answer = codec->max_frame_size(std::max(limit, plan.text.size())) +
                             Encoded::kMaxHeader + Encoded::kMaxTrailer;
  connection.queue_limit = std::max(connection.queue_limit, connection.high_water + answer);
  return plan;
}

const ServiceKind kFramedKind = {
    .name = "framed",
    .summary = "answers messages in a framing of your choice",
    .on_all_loops = true,
    .keys = kKeys,
    .websocket_keys = kWebSocketConnectionKeys,
    .validate = validate,
    .start = start,
};

}  // namespace sluice::tools::daemon
