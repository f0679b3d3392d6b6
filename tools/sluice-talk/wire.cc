#include "wire.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "../../protocols/codec/codec_registry.h"
#include "../../reactor/base/text/utf8.h"
#include "../common/usage_error.h"

namespace sluice::tools::talk {

Wire::Wire(const WireOptions& options)
    : datagrams_(options.datagrams), websocket_(options.websocket) {
  if (options.framing == "none") {
    if (options.crlf) tail_ = "\r\n";
    return;
  }
  auto parsed = parse_codec(options.framing);
  if (const auto* wrong = std::get_if<CodecNameError>(&parsed)) {
    throw UsageError(wrong->message + ", and none");
  }
  auto codec = std::get<std::unique_ptr<const Codec>>(std::move(parsed));
  lines_ = codec->name() == "line";
  FramingOptions limits;
  limits.strict = false;  // the session says what follows an error
  limits.limit =
      static_cast<std::size_t>(std::min<std::uint64_t>(codec->max_payload(), kMaxMessage));
  framing_ = std::make_unique<Framing>(std::move(codec), limits);
  if (options.crlf) crlf_ = make_codec("delimiter:0d0a");
}

std::string Wire::encode(std::string_view message, std::string& to) {
  const std::size_t start = to.size();
  if (websocket_ && !is_utf8(std::as_bytes(std::span(message.data(), message.size())))) {
    return "a text message of WebSocket is UTF-8, and this is not";
  }
  if (!framed()) {
    to += message;
    to += tail_;
  } else {
    const Codec& codec = crlf_ != nullptr ? *crlf_ : framing_->codec();
    const Encoded frame =
        codec.encode(std::as_bytes(std::span(message.data(), message.size())), framing_->scratch());
    if (!frame) return "framing " + framing_->codec().name() + ": " + frame.error().message();
    for (const Framing::Bytes part : frame.parts()) {
      to.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
  }
  const std::size_t size = to.size() - start;
  if (datagrams_ && size > kMaxDatagram) {
    to.resize(start);
    return "a datagram of " + std::to_string(size) + " bytes is too long; allowed: at most " +
           std::to_string(kMaxDatagram);
  }
  return {};
}

}  // namespace sluice::tools::talk
