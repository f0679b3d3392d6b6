#include "slip_codec.h"

#include <cassert>

#include "find_byte.h"

namespace sluice {
namespace {

using Bytes = Codec::Bytes;

constexpr std::byte kEnd{0xc0};
constexpr std::byte kEsc{0xdb};
constexpr std::byte kEscEnd{0xdc};
constexpr std::byte kEscEsc{0xdd};

// Counts the payload bytes in the part of `frame` that is not scanned yet, and checks its escapes.
// REQUIRES: `frame` contains no END.
CodecError scan(Bytes frame, std::size_t limit, DecodeProgress& progress) {
  CodecError error{.fault = CodecFault::none, .can_skip = true};
  error.allowed = limit;
  std::size_t at = progress.scanned;
  while (at < frame.size()) {
    if (progress.escaped) {
      if (frame[at] != kEscEnd && frame[at] != kEscEsc) {
        error.fault = CodecFault::bad_escape;
        error.byte = frame[at];
        error.offset = at;
        return error;
      }
      progress.escaped = false;
      ++at;
      continue;
    }
    const std::size_t plain = find_byte(frame, kEsc, at) - at;
    const bool escape = at + plain < frame.size();
    const std::size_t allowed = limit - progress.length;
    if (plain > allowed || (plain == allowed && escape)) {
      error.fault = CodecFault::too_long;
      error.offset = at + allowed;
      return error;
    }
    // The ESC is counted, and the byte after it is not.
    progress.length += plain + (escape ? 1 : 0);
    progress.escaped = escape;
    at += plain + (escape ? 1 : 0);
  }
  progress.scanned = at;
  return error;
}

void unescape(Bytes in, std::vector<std::byte>& out) {
  out.clear();
  while (!in.empty()) {
    const std::size_t plain = find_byte(in, kEsc);
    out.insert(out.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(plain));
    if (plain == in.size()) return;
    out.push_back(in[plain + 1] == kEscEnd ? kEnd : kEsc);
    in = in.subspan(plain + 2);
  }
}

std::size_t first_special(Bytes in) {
  return static_cast<std::size_t>(
      std::find_if(in.begin(), in.end(),
                   [](std::byte byte) { return byte == kEnd || byte == kEsc; }) -
      in.begin());
}

}  // namespace

Decoded SlipCodec::do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                             CodecScratch& scratch) const {
  std::size_t lead = 0;
  if (progress.scanned == 0) {
    while (lead < in.size() && in[lead] == kEnd) ++lead;
  }
  const Bytes rest = in.subspan(lead);
  const std::size_t end = find_byte(rest, kEnd, progress.scanned);
  const bool whole = end < rest.size();
  CodecError error = scan(rest.first(end), limit, progress);
  if (!error && whole && progress.escaped) {
    error.fault = CodecFault::bad_escape;
    error.byte = kEnd;
    error.offset = end;
  }
  if (error) {
    error.offset += lead;
    return reject_frame(progress, error, lead);
  }
  if (!whole) {
    Decoded result;
    result.consumed = lead;
    return result;
  }
  if (progress.length == end) return accept_frame(progress, rest.first(end), lead + end + 1);
  // Reserved exactly: a vector that grows could keep more memory than the limit.
  scratch.decoded.reserve(progress.length);
  unescape(rest.first(end), scratch.decoded);
  assert(scratch.decoded.size() == progress.length);
  return accept_frame(progress, scratch.decoded, lead + end + 1);
}

Codec::Resync SlipCodec::resync(Bytes in) const { return resync_after(in, kEnd); }

Encoded SlipCodec::encode(Bytes payload, CodecScratch& scratch) const {
  if (payload.empty()) return CodecError{.fault = CodecFault::empty_payload};
  std::size_t plain = first_special(payload);
  if (plain < payload.size()) {
    std::vector<std::byte>& out = scratch.encoded;
    out.clear();
    for (Bytes in = payload; !in.empty(); plain = first_special(in)) {
      out.insert(out.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(plain));
      if (plain == in.size()) break;
      out.push_back(kEsc);
      out.push_back(in[plain] == kEnd ? kEscEnd : kEscEsc);
      in = in.subspan(plain + 1);
    }
    payload = out;
  }
  return Encoded(payload).add_header(kEnd).add_trailer(std::span(&kEnd, 1));
}

std::string SlipCodec::name() const { return "slip"; }

std::size_t SlipCodec::max_frame_size(std::size_t limit) const {
  return 2 * std::min(limit, kMaxLimit) + 1;
}

}  // namespace sluice
