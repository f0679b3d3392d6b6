// Messages in the form of DEFLATE: the examples of RFC 7692, what is malformed, and the limits.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_deflate.h"

using namespace sluice;
using namespace std::string_literals;
using Result = WebSocketDeflate::Result;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Expanded {
  Result result;
  std::string text;
};

Expanded expanded(std::string_view message, std::size_t limit = 1000) {
  WebSocketDeflate deflate;
  std::vector<std::byte> out;
  const Result result = deflate.inflate(bytes_of(message), limit, out);
  return {result, text_of(out)};
}

void expect_whole(std::string_view message, std::string_view text) {
  const Expanded got = expanded(message);
  cr_expect(got.result == Result::whole && got.text == text, "%s", got.text.c_str());
}

std::string compressed(WebSocketDeflate& deflate, std::string_view text, std::uint8_t window = 15) {
  return text_of(deflate.deflate(bytes_of(text), window));
}

}  // namespace

// Section 7.2.3.
Test(websocket_deflate, expands_the_examples_of_the_rfc) {
  expect_whole("\xf2\x48\xcd\xc9\xc9\x07\x00"s, "Hello");
  expect_whole("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s, "Hello");          // stored
  expect_whole("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s, "Hello");                      // BFINAL
  expect_whole("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s, "Hello");  // two
  expect_whole("\x00"s, "");                                                       // empty
  expect_whole("", "");
}

Test(websocket_deflate, a_stream_that_ends_may_be_followed_by_another) {
  expect_whole("\xf3\x48\xcd\xc9\xc9\x07\x00"s, "Hello");
  expect_whole("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00"s, "HelloHello");
}

Test(websocket_deflate, what_is_malformed_or_cut_off_is_invalid) {
  cr_expect(expanded("\x07"s).result == Result::invalid);  // reserved block type
  cr_expect(expanded("\x00\x05\x00\xff\xff\x48"s).result == Result::invalid);
  cr_expect(expanded("\x00\x09\x00\xf6\xff\x48"s).result == Result::invalid);
  cr_expect(expanded("\xf2\x48\xcd"s).result == Result::invalid);
  // A second message of section 7.2.3.2, which refers to the one before it.
  cr_expect(expanded("\xf2\x00\x11\x00\x00"s).result == Result::invalid);
}

Test(websocket_deflate, expanding_stops_at_the_limit) {
  WebSocketDeflate deflate;
  const std::string bomb = compressed(deflate, std::string(200'000, 'x'));
  cr_assert(!bomb.empty() && bomb.size() < 1000);
  std::vector<std::byte> out;
  cr_expect(deflate.inflate(bytes_of(bomb), 200'000, out) == Result::whole);
  cr_expect(out.size() == 200'000);
  cr_expect(deflate.inflate(bytes_of(bomb), 199'999, out) == Result::too_big);
  cr_expect(out.size() == 199'999);
  std::vector<std::byte>().swap(out);
  cr_expect(deflate.inflate(bytes_of(bomb), 1000, out) == Result::too_big);
  cr_expect(out.size() == 1000 && out.capacity() < 5000, "%zu", out.capacity());
  // What is before the fault does not matter to the next message.
  expect_whole("\xf2\x48\xcd\xc9\xc9\x07\x00"s, "Hello");
  cr_expect(deflate.inflate(bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00"s), 5, out) == Result::whole);
  cr_expect(deflate.inflate(bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00"s), 4, out) == Result::too_big);
  cr_expect(deflate.inflate({}, 0, out) == Result::whole);
}

Test(websocket_deflate, what_is_compressed_is_expanded_again) {
  WebSocketDeflate deflate;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i * 7919 % 1000) + '\n';
  for (const std::size_t size : {32U, 33U, 1000U, 32'768U, 40'000U}) {
    const std::string part = text.substr(0, size);
    const std::string packed = compressed(deflate, part);
    cr_assert(!packed.empty() || size < 40, "%zu", size);
    if (packed.empty()) continue;
    cr_expect(packed.size() < part.size());
    // The same again: nothing refers to the message before.
    cr_expect(compressed(deflate, part) == packed);
    std::vector<std::byte> out;
    cr_expect(deflate.inflate(bytes_of(packed), size, out) == Result::whole);
    cr_expect(text_of(out) == part);
  }
}

Test(websocket_deflate, does_not_compress_what_would_not_gain_or_would_take_long) {
  WebSocketDeflate deflate;
  cr_expect(compressed(deflate, std::string(WebSocketDeflate::kMinDeflated - 1, 'x')).empty());
  cr_expect(!compressed(deflate, std::string(WebSocketDeflate::kMinDeflated, 'x')).empty());
  cr_expect(!compressed(deflate, std::string(WebSocketDeflate::kMaxDeflated, 'x')).empty());
  cr_expect(compressed(deflate, std::string(WebSocketDeflate::kMaxDeflated + 1, 'x')).empty());
  std::string noise;
  for (unsigned i = 0, seed = 1; i < 1000; ++i) {
    seed = seed * 1'103'515'245 + 12'345;
    noise += static_cast<char>(seed >> 16U);
  }
  cr_expect(compressed(deflate, noise).empty());
}

// A message that is not longer than the window cannot refer back further.
Test(websocket_deflate, a_small_window_gets_only_messages_that_fit_into_it) {
  WebSocketDeflate deflate;
  cr_expect(!compressed(deflate, std::string(256, 'x'), 8).empty());
  cr_expect(compressed(deflate, std::string(257, 'x'), 8).empty());
  cr_expect(!compressed(deflate, std::string(16'384, 'x'), 14).empty());
  cr_expect(compressed(deflate, std::string(16'385, 'x'), 14).empty());
  cr_expect(!compressed(deflate, std::string(100'000, 'x'), 15).empty());
}
