// How fast the codecs take frames out of a stream: a table for each way in which it arrives.
//
// It prints Markdown. The decoder is shown the stream as a connection would show it, what was not
// consumed together with what came since, but for the copying: what is measured is the decoder.
// Exit status 1: a decoder lost a frame, or a frame that trickles in costs more than linearly.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/codec_registry.h>
#include <sluice/decoder.h>

namespace {

using sluice::Codec;
using Bytes = std::vector<std::byte>;
using Clock = std::chrono::steady_clock;

constexpr std::array<std::size_t, 3> kSizes = {16, 1024, 65'536};  // on the wire
constexpr std::size_t kStream = 1024 * 1024;
constexpr std::size_t kWhole = static_cast<std::size_t>(-1);
constexpr int kRounds = 3;

// What stands for a codec in the table. A size in place of N of fixed:N.
struct Row {
  std::string_view name;
  bool escapes = false;  // every byte of the payload is one that is escaped
};
constexpr std::array kRows = {
    Row{"decimal:5"}, Row{"u8"},     Row{"u16be"},      Row{"u32be"}, Row{"u32le"},
    Row{"u64be"},     Row{"varint"}, Row{"netstring"},  Row{"line"},  Row{"delimiter:0d0a"},
    Row{"fixed:N"},   Row{"slip"},   Row{"slip", true},
};

std::unique_ptr<const Codec> codec_of(const Row& row, std::size_t size) {
  if (row.name == "fixed:N") return sluice::make_codec("fixed:" + std::to_string(size));
  return sluice::make_codec(row.name);
}

// The frame of exactly `size` bytes; empty when the format has none.
Bytes frame_of(const Codec& codec, const Row& row, std::size_t size) {
  sluice::CodecScratch scratch;
  const std::size_t most = row.escapes ? size / 2 : size;
  for (auto length = std::min<std::uint64_t>(most, codec.max_payload()); length > 0; --length) {
    const Bytes payload(length, row.escapes ? std::byte{0xc0} : std::byte{'x'});
    const sluice::Encoded frame = codec.encode(payload, scratch);
    if (!frame || frame.size() < size) return {};
    if (frame.size() > size) continue;
    Bytes wire;
    for (const auto part : frame.parts()) wire.insert(wire.end(), part.begin(), part.end());
    return wire;
  }
  return {};
}

// Shows `stream` to a decoder, `piece` bytes more each time. Returns the frames.
std::uint64_t decode(const Codec& codec, std::span<const std::byte> stream, std::size_t piece) {
  sluice::Decoder decoder(codec, codec.default_limit());
  sluice::CodecScratch scratch;
  std::uint64_t frames = 0;
  std::size_t used = 0;
  for (std::size_t arrived = 0; arrived < stream.size();) {
    arrived += std::min(piece, stream.size() - arrived);
    for (;;) {
      const auto next = decoder.decode(stream.subspan(used, arrived - used), scratch);
      used += next.consumed;
      if (next.status != sluice::DecodeStatus::frame) break;
      ++frames;
    }
  }
  return frames;
}

double seconds_of(const Codec& codec, std::span<const std::byte> stream, std::size_t piece,
                  std::uint64_t frames) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    const std::uint64_t decoded = decode(codec, stream, piece);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    if (decoded == frames) continue;
    std::fprintf(stderr, "%s: %ju frames of %ju\n", codec.name().c_str(),
                 static_cast<std::uintmax_t>(decoded), static_cast<std::uintmax_t>(frames));
    std::exit(1);
  }
  return best;
}

Bytes repeated(const Bytes& frame, std::size_t size) {
  Bytes stream;
  while (stream.size() < size) stream.insert(stream.end(), frame.begin(), frame.end());
  return stream;
}

std::string cell(const Row& row, std::size_t size, std::size_t piece) {
  const auto codec = codec_of(row, size);
  const Bytes frame = frame_of(*codec, row, size);
  if (frame.empty()) return "–";
  const Bytes stream = repeated(frame, kStream);
  const std::uint64_t frames = stream.size() / size;
  const double seconds = seconds_of(*codec, stream, piece, frames);
  std::array<char, 64> text{};
  const double per_second = static_cast<double>(frames) / seconds;
  std::snprintf(text.data(), text.size(), "%.2f GB/s, %.*f %s/s",
                static_cast<double>(stream.size()) / seconds / 1e9, per_second < 1e7 ? 2 : 0,
                per_second < 1e5 ? per_second / 1e3 : per_second / 1e6,
                per_second < 1e5 ? "k" : "M");
  return text.data();
}

std::string title(const Row& row) {
  return std::string(row.name) + (row.escapes ? ", all escaped" : "");
}

void print_table(const char* how, std::size_t piece) {
  std::printf("| decoders: %s | 16 B | 1 KiB | 64 KiB |\n|---|---|---|---|\n", how);
  for (const Row& row : kRows) {
    std::printf("| %s |", title(row).c_str());
    for (const std::size_t size : kSizes) std::printf(" %s |", cell(row, size, piece).c_str());
    std::printf("\n");
  }
  std::printf("\n");
}

// One frame a byte at a time: the cost of a byte, in nanoseconds.
std::optional<double> trickle(const Row& row, std::size_t size) {
  const auto codec = codec_of(row, size);
  const Bytes frame = frame_of(*codec, row, size);
  if (frame.empty()) return std::nullopt;
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    best = std::min(best, seconds_of(*codec, frame, 1, 1));
  }
  return best * 1e9 / static_cast<double>(size);
}

// True when a frame of sixteen times the size costs sixteen times as much, and not 256 times. The
// bound leaves room for a machine that is busy.
bool print_trickle() {
  constexpr std::size_t kShort = 4'096;
  constexpr std::size_t kLong = 65'536;
  constexpr double kBound = 4;
  bool linear = true;
  std::printf(
      "| decoders: input one byte at a time | 4 KiB | 64 KiB | ratio |\n"
      "|---|---|---|---|\n");
  for (const Row& row : kRows) {
    const auto brief = trickle(row, kShort);
    const auto lengthy = trickle(row, kLong);
    if (!brief || !lengthy) continue;
    const double ratio = *lengthy / *brief;
    linear = linear && ratio < kBound;
    std::printf("| %s | %.1f ns per byte | %.1f ns per byte | %.2f |\n", title(row).c_str(), *brief,
                *lengthy, ratio);
  }
  return linear;
}

}  // namespace

int main() {
  std::printf(
      "Decoders, on one core, best of %d runs. A decoder whose frames begin with a length does "
      "not\n"
      "read the payload, so its bytes per second only reflect its frames per second.\n\n",
      kRounds);
  print_table("whole frames", kWhole);
  print_table("input in pieces of 1,000 bytes", 1'000);
  print_table("input in pieces of 7 bytes", 7);
  if (print_trickle()) return 0;
  std::fprintf(stderr, "decoding a frame byte by byte costs more than linear time\n");
  return 1;
}
