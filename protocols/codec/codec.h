// A wire format: how to find the messages in a stream of bytes, and how to encode them.
//
// What it is: an immutable description of one format, without a socket and without the state of a
// stream. The result of decode() depends only on the bytes, the limit and a DecodeProgress, which
// saves it from examining a byte twice. Handlers use a Decoder, which keeps the state of one
// stream; make_codec() (codec_registry.h) makes a codec from its name.
// Lifetime: REQUIRES that a codec outlives its decoders. Results point into their arguments; each
// function says into which one.
// Thread: any number at once.
// Errors: returned as CodecError. Functions with a `scratch` may throw std::bad_alloc.
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

// Memory for a format that escapes bytes (slip); the others do not use it. Decoders that do not
// run at the same time can share one. It does not release its memory, which is at most the limit
// of decode() and twice the longest payload of encode(). The two buffers are separate, so a message
// that was decoded here can be encoded again.
struct CodecScratch {
  std::vector<std::byte> decoded;
  std::vector<std::byte> encoded;
};

// The state of decoding the incomplete frame at the start of `in`. A new frame starts with {}.
struct DecodeProgress {
  std::size_t scanned = 0;  // bytes that need no second look
  std::size_t needed = 0;   // the minimum size of `in` before the frame can be complete
  std::size_t length = 0;   // slip: the number of payload bytes among those scanned
  bool escaped = false;     // slip: the last scanned byte is ESC
};

enum class DecodeStatus : std::uint8_t { need_more, frame, error };

struct Decoded {
  DecodeStatus status = DecodeStatus::need_more;
  // Bytes of `in` that are processed, whatever the status: a whole frame, and bytes before a frame
  // that have no meaning.
  std::size_t consumed = 0;
  // The payload of a frame. It points into `in`, or into the scratch, where it is valid until the
  // next decode() with that scratch.
  std::span<const std::byte> payload;
  CodecError error;
};

class SLUICE_EXPORT Codec {
 public:
  using Bytes = std::span<const std::byte>;

  // A higher limit is reduced to this one, so that sums of sizes cannot overflow.
  static constexpr std::size_t kMaxLimit = std::numeric_limits<std::size_t>::max() / 4;

  static constexpr std::size_t kDefaultLimit = 65'536;

  virtual ~Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // Decodes the first frame of `in`. A payload above `limit` is rejected as soon as its length is
  // known; if the format has a length in its header, the header suffices. A frame has at least one
  // byte.
  // REQUIRES: after need_more, the next `in` begins with the unconsumed bytes, and `progress` is
  // unchanged. After a frame or an error `progress` is {} again.
  [[nodiscard]] Decoded decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                               CodecScratch& scratch) const {
    if (in.size() < progress.needed) return {};
    return do_decode(in, std::min(limit, kMaxLimit), progress, scratch);
  }

  // Finds the end of a frame that was rejected with can_skip and no frame_size. `in` begins where
  // that frame does. Returns how many bytes to drop, and whether they include the frame's end. If
  // they do not, at most a few bytes are left.
  struct Resync {
    std::size_t dropped = 0;
    bool found = false;
  };
  [[nodiscard]] virtual Resync resync(Bytes in) const;

  // Encodes `payload`, which is copied only if the format has to escape bytes. Rejects a payload
  // that decode() could not restore byte for byte. The result is valid as long as `payload`, and
  // until the next encode() with that scratch.
  [[nodiscard]] virtual Encoded encode(Bytes payload, CodecScratch& scratch) const = 0;

  // The name from which parse_codec() makes the same codec: "decimal:3".
  [[nodiscard]] virtual std::string name() const = 0;
  // The longest payload that the format can encode; kMaxLimit if the format sets no limit.
  [[nodiscard]] virtual std::uint64_t max_payload() const { return kMaxLimit; }
  // Below this limit every frame is rejected: N for fixed:N, 1 for slip, which has no empty frame.
  [[nodiscard]] virtual std::size_t min_limit() const { return 0; }
  // The limit to use if none is configured: kDefaultLimit, or max_payload() if that is less. For
  // decimal:3 it is 255, since the protocols that use decimal:3 have messages of up to 255 bytes.
  [[nodiscard]] virtual std::size_t default_limit() const;
  // The maximum number of bytes of an incomplete frame that decode() leaves unconsumed with that
  // limit. ConnectionOptions::input_limit must be at least that.
  [[nodiscard]] virtual std::size_t max_frame_size(std::size_t limit) const = 0;

 protected:
  Codec() = default;
  // REQUIRES: limit <= kMaxLimit.
  virtual Decoded do_decode(Bytes in, std::size_t limit, DecodeProgress& progress,
                            CodecScratch& scratch) const = 0;

  // For formats that begin with a length: decodes a frame that consists of a header of `header`
  // bytes, a payload of `length` bytes and a trailer of `trailer` bytes.
  static Decoded decode_counted(Bytes in, std::size_t limit, DecodeProgress& progress,
                                std::size_t header, std::uint64_t length, std::size_t trailer = 0);
  // Make the result, and reset `progress` for the next frame.
  static Decoded accept_frame(DecodeProgress& progress, Bytes payload, std::size_t consumed);
  static Decoded reject_frame(DecodeProgress& progress, const CodecError& error,
                              std::size_t consumed = 0);
};

}  // namespace sluice

#endif
