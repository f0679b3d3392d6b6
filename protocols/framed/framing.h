// The framing of a listener's connections: the codec, the limits, and the memory they share.
//
// What it is: one object for any number of FramedProtocols, which also send through it. The codec
// is immutable; the connections use the scratch one at a time.
// Lifetime: REQUIRES that it outlives the connections that use it; declare it before the loop.
// Thread: the loop's. REQUIRES that all its connections are on one loop.
// Errors: the constructors throw std::invalid_argument, which names the framing, the limit and the
// allowed range; send() returns its errors. The scratch may throw std::bad_alloc.
// Units: the limit is in bytes of payload, the other sizes in bytes on the wire.
#ifndef SLUICE_PROTOCOLS_FRAMED_FRAMING_H
#define SLUICE_PROTOCOLS_FRAMED_FRAMING_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../codec/codec.h"

namespace sluice {

class Connection;

struct FramingOptions {
  static constexpr std::uint64_t kDefaultMaxSkip = 16 * 1024 * 1024;

  // The maximum size of a received message; without a value, Codec::default_limit().
  std::optional<std::size_t> limit{};
  // A frame that is malformed or too long closes the connection. If false, it is skipped, and the
  // connection closes only if the codec cannot find the next frame.
  bool strict = true;
  // The maximum size of a frame that is skipped; a longer one closes the connection. Without this,
  // a frame with a length of 2^63 would be skipped forever.
  std::uint64_t max_skip = kDefaultMaxSkip;
};

class SLUICE_EXPORT Framing {
 public:
  using Bytes = std::span<const std::byte>;

  // REQUIRES: `codec` is not null.
  explicit Framing(std::unique_ptr<const Codec> codec, const FramingOptions& options = {});
  // `name` is a name for parse_codec().
  explicit Framing(std::string_view name, const FramingOptions& options = {});
  Framing(const Framing&) = delete;
  Framing& operator=(const Framing&) = delete;
  ~Framing();

  // Returns the reason why `limit` is invalid for this codec, in one line; empty if it is valid. A
  // limit is invalid if no message can be as long, or if every message would be longer.
  static std::string limit_fault(const Codec& codec, std::size_t limit);
  // The minimum of ConnectionOptions::input_limit: an incomplete frame, and the input after it that
  // was read before the connection was paused.
  static std::size_t input_limit_for(const Codec& codec, std::size_t limit);
  [[nodiscard]] std::size_t input_limit() const { return input_limit_for(codec(), limit_); }

  // Encodes `message` and appends it to the connection's output without another copy. If the codec
  // cannot encode it, returns the error and sends nothing. With OverflowPolicy::drop_newest a
  // message is dropped as a whole or not at all. The limit does not apply, because it is for
  // received messages.
  CodecError send(Connection& connection, Bytes message);

  // Reports a malformed frame (Report::Kind::malformed) with the peer, the offset, the error and
  // the consequence: "192.0.2.1:50000: at byte 34: byte 0x78 in the length is not a digit; allowed
  // are 0-9; closed". At most one report a second is made (PacedReport): it describes the latest
  // error, and Report::count is the number of errors.
  void report(const Connection& connection, const CodecError& error);
  // Reports an answer that send() has rejected: "192.0.2.1:50000: no answer: the payload ends in
  // CR, which the receiver would strip; closed".
  void report_unsent(const Connection& connection, const CodecError& error);
  // The number of calls of report() and report_unsent().
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }

  [[nodiscard]] const Codec& codec() const noexcept { return *codec_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  [[nodiscard]] bool is_strict() const noexcept { return strict_; }
  [[nodiscard]] std::uint64_t max_skip() const noexcept { return max_skip_; }
  [[nodiscard]] CodecScratch& scratch() noexcept { return scratch_; }

 private:
  class SLUICE_LOCAL FaultReport;

  std::unique_ptr<const Codec> codec_;
  std::size_t limit_;
  bool strict_;
  std::uint64_t max_skip_;
  std::uint64_t faults_ = 0;
  CodecScratch scratch_;
  std::unique_ptr<FaultReport> report_;
};

}  // namespace sluice

#endif
