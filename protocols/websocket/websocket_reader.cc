#include "websocket_reader.h"

#include <algorithm>

#include "../../reactor/base/text/utf8.h"
#include "websocket_deflate.h"

namespace sluice {
namespace {

constexpr WebSocketFault kNotUtf8 = {WebSocketCode::kInvalidData, "a text is not UTF-8"};
constexpr WebSocketFault kAboveLimit = {WebSocketCode::kTooBig, "a message is above the limit"};
constexpr WebSocketFault kNotDeflate = {WebSocketCode::kInvalidData,
                                        "a message is not in the form of DEFLATE"};
// Of a compressed message that is held: far more than kMaxPeeked bytes of text have.
constexpr std::size_t kMaxPeekedDeflated = 2 * WebSocketReader::kMaxPeeked;

WebSocketRead failed(WebSocketFault fault) noexcept {
  return {.event = WebSocketEvent::fault, .fault = fault};
}

WebSocketEvent event_of(WebSocketOpcode opcode) noexcept {
  if (opcode == WebSocketOpcode::close) return WebSocketEvent::close;
  if (opcode == WebSocketOpcode::ping) return WebSocketEvent::ping;
  return opcode == WebSocketOpcode::pong ? WebSocketEvent::pong : WebSocketEvent::message;
}

// The message that `read` has in compressed form.
WebSocketRead expand(WebSocketRead read, WebSocketIntake& intake) {
  using Result = WebSocketDeflate::Result;
  const Result result = intake.deflate->inflate(read.payload, intake.max_message, intake.expanded);
  if (result == Result::too_big) return failed(kAboveLimit);
  if (result == Result::invalid) return failed(kNotDeflate);
  if (read.is_text && !is_utf8(intake.expanded)) return failed(kNotUtf8);
  read.payload = intake.expanded;
  return read;
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
  bool is_deflated = false;
  bool is_last = false;  // the frame
  Utf8Stream utf8;
};

// The last part of a message, with its mask.
struct WebSocketReader::Last {
  Bytes bytes;
  const WebSocketMask& mask;
  std::uint64_t at;
  bool is_text;
  bool is_deflated;
};

WebSocketReader::WebSocketReader() noexcept = default;
WebSocketReader::~WebSocketReader() = default;

void WebSocketReader::reset() noexcept { partial_.reset(); }

WebSocketRead WebSocketReader::read(Bytes in, WebSocketIntake& intake, bool may_deliver,
                                    bool may_deflate) {
  if (partial_ != nullptr && partial_->left > 0) return read_payload(in, intake, may_deliver);
  return read_frame(in, intake, may_deliver, may_deflate);
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
  const bool is_deflated = continues ? partial_->is_deflated : header.is_deflated;
  const std::size_t most =
      is_deflated ? WebSocketDeflate::most_deflated(intake.max_message) : intake.max_message;
  if (header.length > most - before) return kAboveLimit;
  if (continues && partial_->frames >= intake.max_fragments) {
    return {WebSocketCode::kTooBig, "a message has too many fragments"};
  }
  return {};
}

WebSocketRead WebSocketReader::read_frame(Bytes in, WebSocketIntake& intake, bool may_deliver,
                                          bool may_deflate) {
  const auto [header, wrong] = read_websocket_header(in, intake.from, may_deflate);
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
    const Bytes payload = rest.first(header.length);
    if (!may_deliver) {
      const bool is_all = partial_ == nullptr;
      const bool is_text = is_all ? header.opcode == WebSocketOpcode::text : partial_->is_text;
      const bool is_deflated = is_all ? header.is_deflated : partial_->is_deflated;
      return hold({payload, header.mask, 0, is_text, is_deflated}, intake);
    }
    if (partial_ == nullptr) return read_whole(payload, header, intake);
  }
  if (partial_ == nullptr) {
    partial_ = std::make_unique<Partial>(intake);
    partial_->is_text = header.opcode == WebSocketOpcode::text;
    partial_->is_deflated = header.is_deflated;
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
  if (header.is_deflated) return expand(result, intake);
  if (result.is_text && !is_utf8(intake.whole)) return failed(kNotUtf8);
  return result;
}

WebSocketRead WebSocketReader::read_payload(Bytes in, WebSocketIntake& intake, bool may_deliver) {
  Partial& partial = *partial_;
  const std::size_t size = std::min<std::uint64_t>(partial.left, in.size());
  const bool completes = partial.is_last && size == partial.left;
  if (completes && !may_deliver) {
    return hold({in.first(size), partial.mask, partial.at, partial.is_text, partial.is_deflated},
                intake);
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
  const bool is_plain_text = partial.is_text && !partial.is_deflated;
  if (is_plain_text && !partial.utf8.feed(added)) return failed(kNotUtf8);
  WebSocketRead result;
  if (completes) {
    if (is_plain_text && !partial.utf8.is_whole()) return failed(kNotUtf8);
    result = finish(intake);
  } else if (partial.left == 0) {
    result.event = WebSocketEvent::part;
  }
  result.consumed = size;
  return result;
}

WebSocketRead WebSocketReader::hold(const Last& last, WebSocketIntake& intake) const {
  const std::size_t most = last.is_deflated ? kMaxPeekedDeflated : kMaxPeeked;
  const std::size_t before = partial_ == nullptr ? 0 : std::min(partial_->bytes.size(), most);
  const Bytes bytes = last.bytes.first(std::min(last.bytes.size(), most - before));
  intake.whole.resize(before + bytes.size());
  if (before > 0) std::copy_n(partial_->bytes.begin(), before, intake.whole.begin());
  apply_websocket_mask(bytes, last.mask, last.at, intake.whole.data() + before);
  WebSocketRead result{
      .event = WebSocketEvent::held, .is_text = last.is_text, .payload = intake.whole};
  if (last.is_deflated) {
    // The part that can be expanded, up to the limit: the rest may be missing or malformed.
    (void)intake.deflate->inflate(intake.whole, kMaxPeeked, intake.expanded);
    result.payload = intake.expanded;
  }
  return result;
}

WebSocketRead WebSocketReader::finish(WebSocketIntake& intake) {
  const bool is_text = partial_->is_text;
  const bool is_deflated = partial_->is_deflated;
  intake.pending -= partial_->bytes.size();
  intake.assembled = std::move(partial_->bytes);
  partial_->bytes.clear();
  partial_.reset();
  const WebSocketRead result{
      .event = WebSocketEvent::message, .is_text = is_text, .payload = intake.assembled};
  return is_deflated ? expand(result, intake) : result;
}

}  // namespace sluice
