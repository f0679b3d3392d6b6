#include "framing.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../../reactor/base/endpoint.h"
#include "../../reactor/base/report.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"
#include "../../reactor/stream/connection.h"
#include "../codec/codec_registry.h"

namespace sluice {
namespace {

std::string peer_name(const Address& peer) {
  // Most clients of a Unix socket are not bound to an address.
  return peer.is_ip() ? peer.to_string() : "a local peer";
}

std::string endpoint_of(const Connection& connection) {
  const Address local = connection.local();
  if (local.is_ip()) return Endpoint(Scheme::tcp, local).to_string();
  if (local.is_unix()) return Endpoint(Scheme::unix_stream, local).to_string();
  return "framed";
}

}  // namespace

// The latest fault, and its report. It stores values, because it makes the text when it reports,
// which may be a second later: the connection may no longer exist by then.
class Framing::FaultReport {
 public:
  enum class What : std::uint8_t { malformed, no_answer };

  void record(const Connection& connection, What what, const CodecError& error) {
    // endpoint_of() makes a system call, so only once for consecutive faults of a connection.
    if (connection.id() != connection_ || endpoint_.empty()) endpoint_ = endpoint_of(connection);
    connection_ = connection.id();
    peer_ = connection.peer();
    what_ = what;
    error_ = error;
    report_.happened(connection.loop());
  }

 private:
  [[nodiscard]] Report describe() const {
    std::string text = peer_name(peer_);
    if (what_ == What::malformed) {
      text += ": at byte " + std::to_string(error_.offset) + ": ";
    } else {
      text += ": no answer: ";
    }
    text += error_.message();
    text += error_.can_skip ? "; skipped" : "; closed";
    return {
        .kind = Report::Kind::malformed, .where = endpoint_, .what = std::move(text), .error = {}};
  }

  ConnectionId connection_;
  std::string endpoint_;
  Address peer_;
  What what_ = What::malformed;
  CodecError error_;
  PacedReport report_{[this] { return describe(); }};
};

Framing::Framing(std::unique_ptr<const Codec> codec, const FramingOptions& options)
    : codec_(std::move(codec)),
      limit_(options.limit.value_or(codec_->default_limit())),
      strict_(options.strict),
      max_skip_(options.max_skip),
      report_(std::make_unique<FaultReport>()) {
  const std::string fault = limit_fault(*codec_, limit_);
  if (!fault.empty()) throw std::invalid_argument(fault);
}

Framing::Framing(std::string_view name, const FramingOptions& options)
    : Framing(make_codec(name), options) {}

Framing::~Framing() = default;

std::string Framing::limit_fault(const Codec& codec, std::size_t limit) {
  const std::uint64_t max = std::min<std::uint64_t>(codec.max_payload(), Codec::kMaxLimit);
  const std::size_t min = codec.min_limit();
  if (limit >= min && limit <= max) return {};
  std::string allowed = std::to_string(min);
  if (max > min) allowed += "-" + std::to_string(max);
  return "the limit " + std::to_string(limit) + " on a message of framing " + codec.name() +
         " is out of range; allowed: " + allowed;
}

std::size_t Framing::input_limit_for(const Codec& codec, std::size_t limit) {
  // Two reads: a drain of the loop may read once more before the handler gets the rest again.
  return codec.max_frame_size(limit) + 2 * Loop::kReadBufferSize;
}

CodecError Framing::send(Connection& connection, Bytes message) {
  const Encoded frame = codec_->encode(message, scratch_);
  if (!frame) return frame.error();
  const ConnectionOptions& options = connection.options();
  const std::size_t space =
      options.queue_limit - std::min(connection.queued(), options.queue_limit);
  if (options.overflow == OverflowPolicy::drop_newest && frame.size() > space) {
    // Sent in parts, the header might still fit and the payload not, and the next frame would then
    // follow a header that is not its own. One send drops and counts the whole frame.
    std::vector<std::byte> whole;
    for (const Bytes part : frame.parts()) whole.insert(whole.end(), part.begin(), part.end());
    connection.send(whole);
    return {};
  }
  for (const Bytes part : frame.parts()) {
    if (!part.empty()) connection.send(part);
  }
  return {};
}

void Framing::report(const Connection& connection, const CodecError& error) {
  ++faults_;
  report_->record(connection, FaultReport::What::malformed, error);
}

void Framing::report_unsent(const Connection& connection, const CodecError& error) {
  ++faults_;
  report_->record(connection, FaultReport::What::no_answer, error);
}

}  // namespace sluice
