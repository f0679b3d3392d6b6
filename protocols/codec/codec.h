// How messages are cut out of a stream of bytes, and put into one.
//
// What it is: an immutable description of one wire format. It knows no socket and holds no stream's
// state: decode() is a function of the bytes it is shown, of the limit, and of a DecodeProgress
// that only saves it from looking at a byte twice. Decoder carries these for one stream, and is
// what a handler uses; make_codec() (codec_registry.h) makes a codec from its name.
// Lifetime: a codec outlives its decoders. Results point into what was given: see each.
// Thread: any number at once. Errors: returned as CodecError; with `scratch`, std::bad_alloc.
// Units: bytes.
#ifndef SLUICE_PROTOCOLS_CODEC_CODEC_H
#define SLUICE_PROTOCOLS_CODEC_CODEC_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/base/export.h"
#include "codec_error.h"
#include "encoded.h"

namespace sluice {

// Where a format that escapes (slip) puts what it made. Others leave it alone. One serves any
// number of decoders that take turns; it keeps its memory, at most the limit of decode() and twice
// the payload of encode(). The two do not share, so what was decoded can be encoded again.
struct CodecScratch {
  std::vector<std::byte> decoded;
  std::vector<std::byte> encoded;
};

// What is known of the incomplete frame that `in` begins with. A new frame begins with {}.
struct DecodeProgress {
  std::size_t scanned = 0;  // bytes that are not looked at again
  std::size_t needed = 0;   // the frame cannot be whole before `in` has so many
  std::size_t length = 0;   // slip: payload bytes among the scanned ones
  bool escaped = false;     // slip: the last scanned byte is ESC
};

enum class DecodeStatus : std::uint8_t { need_more, frame, error };

struct Decoded {
  DecodeStatus status = DecodeStatus::need_more;
  // Bytes of `in` that are done with: a frame's own, and what leads up to a frame and means
  // nothing, which comes also with need_more and error.
  std::size_t consumed = 0;
  // A frame's payload: it lies in `in`, or in scratch until the next decode() with that scratch.
  std::span<const std::byte> payload;
  CodecError error;
};

class SLUICE_EXPORT Codec {
 public:
  using Bytes = std::span<const std::byte>;

  // A limit above this counts as this: sums of sizes cannot overflow below it.
  static constexpr std::size_t kMaxLimit = std::numeric_limits<std::size_t>::max() / 4;

  static constexpr std::size_t kDefaultLimit = 65'536;

  virtual ~Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // The first frame of `in`, whose payload has at most `limit` bytes. A longer one is refused as
  // soon as that is known, from the header alone where there is one.
  // REQUIRES: after need_more, `in` begins with the bytes it had less `consumed`, and `progress` is
  // what was left; after a frame or an error `progress` is {} again. A frame has at least one byte.
  [[nodiscard]] Decoded decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                               CodecScratch& scratch) const {
    if (in.size() < progress.needed) return {};
    return do_decode(in, std::min(limit, kMaxLimit), progress, scratch);
  }

  // After an error with can_skip and no frame_size, `in` beginning where that frame does: how many
  // bytes of it to drop, and whether they hold the frame's end. Drops all but a few if they do not.
  struct Resync {
    std::size_t dropped = 0;
    bool found = false;
  };
  [[nodiscard]] virtual Resync resync(Bytes in) const;

  // The frame around `payload`, which is not copied but where it must be escaped. Refuses what
  // decode() would not give back byte for byte. The result dies with `payload`, and with the next
  // encode() into the same scratch.
  [[nodiscard]] virtual Encoded encode(Bytes payload, CodecScratch& scratch) const = 0;

  // What codec_registry.h reads: "decimal:3".
  [[nodiscard]] virtual std::string name() const = 0;
  // The longest payload that the format can say, kMaxLimit when it has no bound of its own.
  [[nodiscard]] virtual std::uint64_t max_payload() const { return kMaxLimit; }
  // Below this limit every frame is refused: N for fixed:N, 1 for slip, which has no empty one.
  [[nodiscard]] virtual std::size_t min_limit() const { return 0; }
  // What a message may have where nobody said otherwise: kDefaultLimit, or max_payload() if that is
  // less. 255 for decimal:3, which is used for messages up to that.
  [[nodiscard]] virtual std::size_t default_limit() const;
  // The most bytes of an incomplete frame that decode() leaves unconsumed, given that limit: what
  // ConnectionOptions::input_limit must allow.
  [[nodiscard]] virtual std::size_t max_frame_size(std::size_t limit) const = 0;

 protected:
  Codec() = default;
  // REQUIRES: limit <= kMaxLimit.
  virtual Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                            CodecScratch& scratch) const = 0;

  // For formats that begin with a length: the frame of `header` bytes, `length` and `trailer`. Too
  // long, not all there yet, or whole.
  static Decoded counted(Bytes in, std::size_t limit, DecodeProgress& progress, std::size_t header,
                         std::uint64_t length, std::size_t trailer = 0);
  static Decoded framed(DecodeProgress& progress, Bytes payload, std::size_t consumed);
  static Decoded refused(DecodeProgress& progress, const CodecError& error,
                         std::size_t consumed = 0);
};

}  // namespace sluice

#endif
