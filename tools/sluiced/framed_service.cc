#include "framed_service.h"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>

#include "../../protocols/codec/codec_registry.h"
#include "../../protocols/framed/framed_datagrams.h"
#include "../../protocols/framed/framed_reply.h"
#include "../../protocols/framed/framing.h"
#include "../../reactor/base/quote.h"
#include "../../reactor/stream/listener.h"
#include "../common/names.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "listen_spec.h"

namespace sluice::tools::daemon {
namespace {

using Kind = MessageReply::Kind;

constexpr std::size_t kMaxDatagram = 65'527;  // of UDP over IPv6; over IPv4 it is 65,507

FramingOptions options_of(const FramedSettings& settings) {
  return {.limit = settings.max_message, .strict = settings.strict};
}

MessageReply reply_of(const FramedSettings& settings, const Codec& codec) {
  if (settings.reply == Kind::text) return MessageReply(codec, settings.text);
  return MessageReply(settings.reply);
}

class FramedStreams final : public RunningService {
 public:
  FramedStreams(const ServiceHost& host, const ListenSpec& spec, const FramedSettings& settings)
      : framing_(settings.framing, options_of(settings)),
        reply_(reply_of(settings, framing_.codec())),
        listener_(host.loop, spec.endpoint, framed_replies(framing_, reply_), spec.stream) {}
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return listener_.endpoint(); }

 private:
  Framing framing_;
  MessageReply reply_;
  Listener listener_;
};

class FramedOverUdp final : public RunningService {
 public:
  FramedOverUdp(const ServiceHost& host, const ListenSpec& spec, const FramedSettings& settings)
      : framing_(settings.framing, options_of(settings)),
        reply_(reply_of(settings, framing_.codec())),
        datagrams_(host.loop, spec.endpoint, host.guard, framing_, reply_, spec.datagram) {}
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return datagrams_.endpoint(); }

 private:
  Framing framing_;
  MessageReply reply_;
  FramedDatagrams datagrams_;
};

void apply_framing(ListenSpec& spec, std::string_view value) {
  const ParsedCodec parsed = parse_codec(value);
  if (const auto* wrong = std::get_if<CodecNameError>(&parsed)) throw UsageError(wrong->message);
  spec.settings_as<FramedSettings>().framing = value;
}

void apply_reply(ListenSpec& spec, std::string_view value) {
  constexpr std::string_view kText = "text:";
  constexpr std::array<std::pair<std::string_view, Kind>, 3> kKinds = {
      {{"echo", Kind::echo}, {"upper", Kind::upper}, {"none", Kind::none}}};
  auto& settings = spec.settings_as<FramedSettings>();
  if (value.starts_with(kText)) {
    settings.reply = Kind::text;
    settings.text = value.substr(kText.size());
    return;
  }
  for (const auto& [name, kind] : kKinds) {
    if (name != value) continue;
    settings.reply = kind;
    return;
  }
  throw UsageError("unknown reply " + quote(value) + "; allowed: echo, upper, none and text:TEXT");
}

constexpr ListenKey kFramedKeys[] = {
    {"framing", "NAME", "how messages are separated (decimal:3)", over_all, apply_framing},
    {"max-message", "BYTES", "longest message received (255, or by framing)", over_all,
     [](ListenSpec& spec, std::string_view value) {
       // 0 where the framing has an empty message: check_framed() knows.
       spec.settings_as<FramedSettings>().max_message =
           parse_number("max-message", value, 0, kMaxCount);
     }},
    {"reply", "RULE", "echo, upper, none or text:TEXT (echo)", over_all, apply_reply},
    {"strict", "on|off", "stream: close after a malformed frame (on)", over_streams,
     [](ListenSpec& spec, std::string_view value) {
       spec.settings_as<FramedSettings>().strict = parse_switch("strict", value);
     }},
};

void check_framed(ListenSpec& spec) {
  const auto& settings = spec.settings_as<FramedSettings>();
  const std::unique_ptr<const Codec> codec = make_codec(settings.framing);
  const std::size_t limit = settings.max_message.value_or(codec->default_limit());
  const std::string fault = Framing::limit_fault(*codec, limit);
  if (!fault.empty()) throw UsageError("max-message: " + fault);
  // Of all framings, fixed:N alone can be of messages that no datagram holds.
  if (spec.endpoint.scheme() == Scheme::udp && codec->min_limit() > kMaxDatagram) {
    throw UsageError("framing " + codec->name() +
                     " is not valid over udp: a datagram has at most " +
                     std::to_string(kMaxDatagram) + " bytes");
  }
  try {
    (void)reply_of(settings, *codec);
  } catch (const std::invalid_argument& error) {
    throw UsageError("reply: " + std::string(error.what()));
  }

  ConnectionOptions& connection = spec.stream.connection;
  connection.input_limit =
      std::max(connection.input_limit, Framing::input_limit_for(*codec, limit));
  // The answer to a message that is taken while the queue is short of the mark must fit above it.
  const std::size_t answer = codec->max_frame_size(std::max(limit, settings.text.size())) +
                             Encoded::kMaxHeader + Encoded::kMaxTrailer;
  connection.queue_limit = std::max(connection.queue_limit, connection.high_water + answer);
}

std::unique_ptr<ServiceSettings> framed_settings() { return std::make_unique<FramedSettings>(); }

std::unique_ptr<RunningService> start_framed(const ServiceHost& host, const ListenSpec& spec) {
  const auto& settings = spec.settings_as<FramedSettings>();
  if (spec.endpoint.scheme() == Scheme::udp) {
    return std::make_unique<FramedOverUdp>(host, spec, settings);
  }
  return std::make_unique<FramedStreams>(host, spec, settings);
}

}  // namespace

const Service kFramedService = {
    .name = "framed",
    .summary = "answers messages in a framing of your choice",
    .over_streams = true,
    .over_udp = true,
    .console = ConsoleUse::none,
    .keys = kFramedKeys,
    .settings = framed_settings,
    .check = check_framed,
    .start = start_framed,
};

}  // namespace sluice::tools::daemon
