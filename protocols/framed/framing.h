// How the connections of one listener are framed: the codec, the limits, and the memory they share.
//
// What it is: one object for any number of FramedProtocols, and the way in which they send. The
// codec is immutable; the scratch serves one connection after the other.
// Lifetime: REQUIRES that it outlives the connections that use it: declare it before the loop.
// Thread: the loop's. It serves the connections of one loop.
// Errors: the constructors throw std::invalid_argument, which names the framing, the limit and what
// is allowed; send() returns them; std::bad_alloc from the scratch.
// Units: bytes of payload for the limit, of the wire for the others.
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

  // Of a message that is received; Codec::default_limit() without it.
  std::optional<std::size_t> limit{};
  // A frame that is malformed or too long closes the connection. If false, it is skipped where the
  // framing tells where the next one begins, and closes the connection only elsewhere.
  bool strict = true;
  // A frame that is skipped has at most so many bytes: a promise of 2^63 would be read for ever.
  // What is longer closes the connection after all.
  std::uint64_t max_skip = kDefaultMaxSkip;
};

class SLUICE_EXPORT Framing {
 public:
  using Bytes = std::span<const std::byte>;

  // REQUIRES: `codec` is not null.
  explicit Framing(std::unique_ptr<const Codec> codec, const FramingOptions& options = {});
  // By a name that parse_codec() reads.
  explicit Framing(std::string_view name, const FramingOptions& options = {});
  Framing(const Framing&) = delete;
  Framing& operator=(const Framing&) = delete;
  ~Framing();

  // What is wrong with `limit` for this codec, in a line; empty when nothing is. A limit that the
  // format cannot reach, or with which it could receive nothing, is a mistake.
  static std::string limit_fault(const Codec& codec, std::size_t limit);
  // What ConnectionOptions::input_limit must be at least: an incomplete frame, and what was read
  // behind it when the connection was paused in the middle of that.
  static std::size_t input_limit_for(const Codec& codec, std::size_t limit);
  [[nodiscard]] std::size_t input_limit() const { return input_limit_for(codec(), limit_); }

  // Frames `message` and appends it to what the connection sends, header, payload and trailer in
  // order, without another copy. The error when there is no such frame: nothing is sent then.
  // With OverflowPolicy::drop_newest a message is dropped whole or not at all.
  // The limit is not asked: it is on what is received.
  CodecError send(Connection& connection, Bytes message);

  // Tells the loop's reporter (Report::Kind::malformed) who sent what is wrong, where and what
  // follows: "192.0.2.1:50000: at byte 34: …; closed". Once a second at most (PacedReport):
  // Report::count says how many there were, and the text is the latest one's.
  void report(const Connection& connection, const CodecError& error);
  // The same for an answer that send() refused: "192.0.2.1:50000: no answer: …; closed".
  void report_unsent(const Connection& connection, const CodecError& error);
  // How many of both there were.
  [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }

  [[nodiscard]] const Codec& codec() const noexcept { return *codec_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  [[nodiscard]] bool strict() const noexcept { return strict_; }
  [[nodiscard]] std::uint64_t max_skip() const noexcept { return max_skip_; }
  [[nodiscard]] CodecScratch& scratch() noexcept { return scratch_; }

 private:
  class FaultReport;

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
