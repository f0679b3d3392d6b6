#include "websocket_reader.h"

#include <algorithm>

#include "../../reactor/base/text/utf8.h"

namespace sluice {
namespace {

constexpr WebSocketFault kNotUtf8 = {WebSocketCode::kInvalidData, "a text is not UTF-8"};

WebSocketRead failed(WebSocketFault fault) noexcept {
  return {.event = WebSocketEvent::fault, .fault = fault};
}

WebSocketEvent event_of(WebSocketOpcode opcode) noexcept {
  if (opcode == WebSocketOpcode::close) return WebSocketEvent::close;
  if (opcode == WebSocketOpcode::ping) return WebSocketEvent::ping;
  return opcode == WebSocketOpcode::pong ? WebSocketEvent::pong : WebSocketEvent::message;
}

}  // namespace

// A message that has begun.
struct WebSocketReader::Partial {
  explicit Partial(WebSocketIntake& shared) noexcept : intake(shared) {}
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  ~Partial() { intake.pending -= bytes.size(); }

  WebSocketIntake& intake;
  std::vector<std::byte> bytes;
  std::uint64_t left = 0;  // of the payload of the frame that is being read
  std::uint64_t at = 0;    // in that payload
  std::size_t frames = 0;
  WebSocketMask mask = {};
  bool is_text = false;
  bool is_last = false;  // the frame
  Utf8Stream utf8;
};

WebSocketReader::WebSocketReader() noexcept = default;
WebSocketReader::~WebSocketReader() = default;

void WebSocketReader::reset() noexcept { partial_.reset(); }

WebSocketRead WebSocketReader::read(Bytes in, WebSocketIntake& intake, bool may_deliver) {
  if (partial_ != nullptr && partial_->left > 0) return read_payload(in, intake, may_deliver);
  return read_frame(in, intake, may_deliver);
}

WebSocketFault WebSocketReader::check(const WebSocketHeader& header,
                                      const WebSocketIntake& intake) const noexcept {
  const bool continues = header.opcode == WebSocketOpcode::continuation;
  if (continues && partial_ == nullptr) {
    return {WebSocketCode::kProtocolError, "a continuation of no message"};
  }
  if (!continues && partial_ != nullptr) {
    return {WebSocketCode::kProtocolError, "a message begins inside another one"};
  }
  const std::size_t before = continues ? partial_->bytes.size() : 0;
  if (header.length > intake.max_message - before) {
    return {WebSocketCode::kTooBig, "a message is above the limit"};
  }
  if (continues && partial_->frames >= intake.max_fragments) {
    return {WebSocketCode::kTooBig, "a message has too many fragments"};
  }
  return {};
}

WebSocketRead WebSocketReader::read_frame(Bytes in, WebSocketIntake& intake, bool may_deliver) {
  const auto [header, wrong] = read_websocket_header(in, intake.from);
  if (wrong) return failed(wrong);
  if (header.size == 0) return {};
  const Bytes rest = in.subspan(header.size);
  const bool has_all = header.length <= rest.size();
  if (header.is_control()) {
    if (!has_all) return {};
    return read_whole(rest.first(header.length), header, intake);
  }
  if (const WebSocketFault fault = check(header, intake)) return failed(fault);
  if (header.is_final && has_all) {
    const bool is_text =
        partial_ == nullptr ? header.opcode == WebSocketOpcode::text : partial_->is_text;
    const Bytes payload = rest.first(header.length);
    if (!may_deliver) return hold(payload, header.mask, 0, is_text, intake);
    if (partial_ == nullptr) return read_whole(payload, header, intake);
  }
  if (partial_ == nullptr) {
    partial_ = std::make_unique<Partial>(intake);
    partial_->is_text = header.opcode == WebSocketOpcode::text;
  }
  partial_->left = header.length;
  partial_->at = 0;
  partial_->mask = header.mask;
  partial_->is_last = header.is_final;
  ++partial_->frames;
  WebSocketRead result = read_payload(rest, intake, may_deliver);
  result.consumed += header.size;
  return result;
}

// A frame that needs no other one: a message, or a control frame.
WebSocketRead WebSocketReader::read_whole(Bytes payload, const WebSocketHeader& header,
                                          WebSocketIntake& intake) const {
  intake.whole.resize(payload.size());
  apply_websocket_mask(payload, header.mask, 0, intake.whole.data());
  WebSocketRead result{.event = event_of(header.opcode),
                       .consumed = header.size + payload.size(),
                       .is_text = header.opcode == WebSocketOpcode::text,
                       .payload = intake.whole};
  if (result.is_text && !is_utf8(intake.whole)) return failed(kNotUtf8);
  return result;
}

WebSocketRead WebSocketReader::read_payload(Bytes in, WebSocketIntake& intake, bool may_deliver) {
  Partial& partial = *partial_;
  const std::size_t size = std::min<std::uint64_t>(partial.left, in.size());
  const bool completes = partial.is_last && size == partial.left;
  if (completes && !may_deliver) {
    return hold(in.first(size), partial.mask, partial.at, partial.is_text, intake);
  }
  if (size > intake.max_pending - std::min(intake.pending, intake.max_pending)) {
    return failed({WebSocketCode::kTryAgainLater, "too many messages are incomplete"});
  }
  const std::size_t before = partial.bytes.size();
  partial.bytes.resize(before + size);
  intake.pending += size;
  const auto added = std::span(partial.bytes).subspan(before);
  apply_websocket_mask(in.first(size), partial.mask, partial.at, added.data());
  partial.at += size;
  partial.left -= size;
  if (partial.is_text && !partial.utf8.feed(added)) return failed(kNotUtf8);
  WebSocketRead result;
  if (completes) {
    if (partial.is_text && !partial.utf8.is_whole()) return failed(kNotUtf8);
    result = finish(intake);
  } else if (partial.left == 0) {
    result.event = WebSocketEvent::part;
  }
  result.consumed = size;
  return result;
}

WebSocketRead WebSocketReader::hold(Bytes last, const WebSocketMask& mask, std::uint64_t at,
                                    bool is_text, WebSocketIntake& intake) const {
  const std::size_t before = partial_ == nullptr ? 0 : std::min(partial_->bytes.size(), kMaxPeeked);
  last = last.first(std::min(last.size(), kMaxPeeked - before));
  intake.whole.resize(before + last.size());
  if (before > 0) std::copy_n(partial_->bytes.begin(), before, intake.whole.begin());
  apply_websocket_mask(last, mask, at, intake.whole.data() + before);
  return {.event = WebSocketEvent::held, .is_text = is_text, .payload = intake.whole};
}

WebSocketRead WebSocketReader::finish(WebSocketIntake& intake) {
  const bool is_text = partial_->is_text;
  intake.pending -= partial_->bytes.size();
  intake.assembled = std::move(partial_->bytes);
  partial_->bytes.clear();
  partial_.reset();
  return {.event = WebSocketEvent::message, .is_text = is_text, .payload = intake.assembled};
}

}  // namespace sluice
