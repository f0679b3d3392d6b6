// A payload that many queues share, and an input buffer split into lines.
#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/input_buffer.h>
#include <sluice/payload.h>

using sluice::InputBuffer;
using sluice::Payload;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void share() {
  const auto block = Payload::copy("one block\n");
  const std::vector<Payload> queues(500, block);  // shares the bytes
  const bool same = queues.back().bytes().data() == block.bytes().data();
  std::printf("%zu references, ", block.use_count());
  std::printf("the same bytes: %s\n", same ? "yes" : "no");

  const std::initializer_list<std::span<const std::byte>> parts = {
      bytes_of("name: "), block.bytes()};
  const auto joined = Payload::concat(parts);
  std::printf("%zu bytes: %s", joined.size(),
              text_of(joined.bytes()).c_str());
}

void cut_into_lines() {
  InputBuffer buffer;
  for (const std::string_view piece : {"fir", "st\nsecond\nth", "ird\n"}) {
    buffer.append(bytes_of(piece));
    for (;;) {
      const auto bytes = buffer.bytes();
      const auto end = std::ranges::find(bytes, std::byte{'\n'});
      if (end == bytes.end()) break;
      const auto size = static_cast<std::size_t>(end - bytes.begin());
      std::printf("line: %s\n", text_of(bytes.first(size)).c_str());
      buffer.consume(size + 1);  // `bytes` is no longer valid
    }
    std::printf("%zu bytes are left\n", buffer.size());
  }
}

}  // namespace

int main() {
  share();
  cut_into_lines();
}
