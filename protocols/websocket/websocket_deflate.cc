#include "websocket_deflate.h"

// So that next_in is a pointer to const.
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace sluice {
namespace {

// Negative: DEFLATE without a header, with the largest window.
constexpr int kRawWindow = -int{WebSocketDeflate::kMaxWindowBits};
constexpr int kSpeed = 3;  // of 1 to 9: three quarters of the gain in a third of the time
constexpr int kMemory = 8;
// Section 7.2.1: what Z_SYNC_FLUSH ends with, which is not sent.
constexpr std::array<std::byte, 4> kTail = {std::byte{0}, std::byte{0}, std::byte{0xff},
                                            std::byte{0xff}};
constexpr std::size_t kFirstRoom = 1024;
constexpr std::size_t kMaxStep = std::size_t{1} << 30U;  // zlib counts in unsigned int

const Bytef* bytes_of(std::span<const std::byte> in) noexcept {
  return reinterpret_cast<const Bytef*>(in.data());
}

}  // namespace

struct WebSocketDeflate::Deflater {
  Deflater() {
    if (::deflateInit2(&stream, kSpeed, Z_DEFLATED, kRawWindow, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { ::deflateEnd(&stream); }

  z_stream stream{};
};

struct WebSocketDeflate::Inflater {
  Inflater() {
    if (::inflateInit2(&stream, kRawWindow) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }

  // All of `in`, or as much as fits below `limit`. `written` counts the bytes of `out`.
  Result feed(Bytes in, std::size_t limit, std::vector<std::byte>& out) {
    limit = std::min(limit, std::numeric_limits<std::size_t>::max() / 2);  // one more is asked for
    has_ended = false;
    while (!in.empty()) {
      stream.next_in = bytes_of(in);
      stream.avail_in = static_cast<uInt>(std::min(in.size(), kMaxStep));
      const std::size_t given = stream.avail_in;
      int result = Z_OK;
      do {
        if (written == out.size()) {
          if (written > limit) return Result::too_big;
          out.resize(std::min(limit + 1, std::max(2 * out.size(), kFirstRoom)));
        }
        const std::size_t room = std::min(out.size() - written, kMaxStep);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
        stream.avail_out = static_cast<uInt>(room);
        result = ::inflate(&stream, Z_SYNC_FLUSH);
        written += room - stream.avail_out;
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
          return Result::invalid;
        }
      } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
      in = in.subspan(given - stream.avail_in);
      has_ended = result == Z_STREAM_END;
      // Section 7.2.3.4: a block may be the last one of a stream, and others may follow.
      if (has_ended) ::inflateReset(&stream);
    }
    return written > limit ? Result::too_big : Result::whole;
  }
  // Nothing is missing after the last byte: 128 is the end of a block, and the low bits count those
  // of the last byte that have not been used.
  [[nodiscard]] bool is_at_end_of_block() const noexcept { return (stream.data_type & 128) != 0; }

  z_stream stream{};
  std::size_t written = 0;
  bool has_ended = false;  // the bytes end with the end of a stream
};

WebSocketDeflate::WebSocketDeflate() noexcept = default;
WebSocketDeflate::~WebSocketDeflate() = default;

WebSocketDeflate::Bytes WebSocketDeflate::deflate(Bytes message, std::uint8_t window_bits) {
  if (message.size() < kMinDeflated || message.size() > kMaxDeflated) return {};
  if (!fits(message.size(), window_bits)) return {};
  if (deflater_ == nullptr) deflater_ = std::make_unique<Deflater>();
  z_stream& stream = deflater_->stream;
  ::deflateReset(&stream);
  deflated_.resize(message.size());
  stream.next_in = bytes_of(message);
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(deflated_.data());
  stream.avail_out = static_cast<uInt>(deflated_.size());
  const int result = ::deflate(&stream, Z_SYNC_FLUSH);
  // With no room left it may not be complete, and is not shorter.
  if (result != Z_OK || stream.avail_in > 0 || stream.avail_out == 0) return {};
  return Bytes(deflated_).first(deflated_.size() - stream.avail_out - kTail.size());
}

WebSocketDeflate::Result WebSocketDeflate::inflate(Bytes message, std::size_t limit,
                                                   std::vector<std::byte>& out) {
  if (inflater_ == nullptr) inflater_ = std::make_unique<Inflater>();
  Inflater& inflater = *inflater_;
  ::inflateReset(&inflater.stream);
  inflater.written = 0;
  out.clear();
  if (message.empty()) return Result::whole;  // no block at all, which some senders mean
  Result result = inflater.feed(message, limit, out);
  if (result == Result::whole && !inflater.has_ended) {
    result = inflater.feed(kTail, limit, out);
    if (result == Result::whole && !inflater.is_at_end_of_block()) result = Result::invalid;
  }
  out.resize(std::min(inflater.written, limit));
  return result;
}

}  // namespace sluice
