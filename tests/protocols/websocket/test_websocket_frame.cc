// Frames: headers read and written, and the mask at every offset.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_frame.h"
#include "support/websocket_frames.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

WebSocketHeaderResult read(std::string_view text) {
  return read_websocket_header(bytes_of(text), WebSocketSide::client);
}

std::uint16_t fault_of(std::string_view text) { return read(text).fault.code; }

std::string head_of(std::uint64_t length) {
  const WebSocketFrameHead head(WebSocketOpcode::binary, length);
  return {reinterpret_cast<const char*>(head.bytes().data()), head.bytes().size()};
}

}  // namespace

// RFC 6455, section 5.7.
Test(websocket_frame, reads_the_examples_of_the_rfc) {
  const auto [header, fault] = read("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  cr_expect(!fault);
  cr_expect(header.opcode == WebSocketOpcode::text && header.is_final);
  cr_expect(header.size == 6 && header.length == 5);
  std::string text(5, '\0');
  apply_websocket_mask(bytes_of("\x7f\x9f\x4d\x51\x58"), header.mask, 0,
                       reinterpret_cast<std::byte*>(text.data()));
  cr_expect(text == "Hello");
  cr_expect(client_frame(kText, "Hello") == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

Test(websocket_frame, reads_each_form_of_a_length) {
  for (const std::size_t length : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U, 1'000'000U}) {
    const std::string frame = client_frame(kBinary, std::string(length, 'x'), Fin::no);
    for (std::size_t have = 0; have < 14 && have <= frame.size(); ++have) {
      const auto [header, fault] = read(std::string_view(frame).substr(0, have));
      cr_expect(!fault);
      const std::size_t want = length < 126 ? 6 : length < 65'536 ? 8 : 14;
      cr_expect(header.size == (have < want ? 0 : want), "%zu of %zu bytes", have, length);
      if (header.size > 0) cr_expect(header.length == length && !header.is_final);
    }
  }
}

Test(websocket_frame, reads_the_longest_length) {
  const auto [header, fault] = read(
      "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
      "abcd"s);
  cr_expect(!fault);
  cr_expect(header.length == INT64_MAX);
}

// RFC 6455, section 5.2.
Test(websocket_frame, rejects_each_reserved_bit_and_opcode_at_its_first_byte) {
  for (unsigned first = 0; first < 256; ++first) {
    const unsigned opcode = first & 0xFU;
    const bool is_known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    const bool is_valid = (first & 0x70U) == 0 && is_known && (opcode < 8 || first >= 0x80);
    cr_expect(fault_of(std::string(1, static_cast<char>(first))) ==
                  (is_valid ? 0 : WebSocketCode::kProtocolError),
              "%02X", first);
  }
}

Test(websocket_frame, rejects_lengths_at_the_byte_that_shows_it) {
  constexpr std::uint16_t kError = WebSocketCode::kProtocolError;
  cr_expect(fault_of("\x81\x05") == kError);           // 5.1: not masked
  cr_expect(fault_of("\x89\xfe") == kError);           // 5.5: a long ping
  cr_expect(fault_of("\x88\xff") == kError);           // 5.5: a long Close
  cr_expect(fault_of("\x82\xfe\x00\x7d"s) == kError);  // 5.2: 125 in 16 bits
  cr_expect(fault_of("\x82\xfe\x00\x7e"s) == 0);       // 126
  cr_expect(fault_of("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"s) == kError);  // in 64 bits
  cr_expect(fault_of("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"s) == 0);
  cr_expect(fault_of("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00"s) ==
            kError);  // 5.2: the highest bit
}

Test(websocket_frame, writes_the_shortest_form_of_a_length) {
  cr_expect(head_of(0) == "\x82\x00"s);
  cr_expect(head_of(125) == "\x82\x7d");
  cr_expect(head_of(126) == "\x82\x7e\x00\x7e"s);
  cr_expect(head_of(65'535) == "\x82\x7e\xff\xff");
  cr_expect(head_of(65'536) == "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

Test(websocket_frame, removes_the_mask_wherever_a_part_begins) {
  const std::string text = "0123456789abcdefghijklmnopqrstuvwxyzABCDE";
  const WebSocketMask mask = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
  const std::string masked = client_frame(kText, text).substr(6);
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    for (std::size_t size = 0; begin + size <= text.size(); ++size) {
      std::vector<std::byte> out(size + 1, std::byte{0xEE});
      apply_websocket_mask(bytes_of(masked).subspan(begin, size), mask, begin, out.data());
      cr_assert(std::string_view(reinterpret_cast<char*>(out.data()), size) ==
                std::string_view(text).substr(begin, size));
      cr_assert(out[size] == std::byte{0xEE});
    }
  }
}

// Section 5.1.
Test(websocket_frame, of_a_server_has_no_mask) {
  const auto from_server = [](std::string_view text) {
    return read_websocket_header(bytes_of(text), WebSocketSide::server);
  };
  for (const std::size_t length : {0U, 125U, 126U, 65'536U}) {
    const std::string frame = server_frame(kBinary, std::string(length, 'x'));
    const auto [header, fault] = from_server(frame);
    cr_expect(!fault && header.length == length && header.size + length == frame.size());
    cr_expect(from_server(frame.substr(0, header.size - 1)).header.size == 0);
    cr_expect(header.mask == WebSocketMask{});
  }
  cr_expect(from_server("\x81\x85").fault.code == WebSocketCode::kProtocolError);
}

Test(websocket_frame, of_a_client_carries_its_mask) {
  const WebSocketMask mask = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
  for (const std::size_t length : {5U, 126U, 65'536U}) {
    const WebSocketFrameHead head(WebSocketOpcode::text, length, mask);
    const std::string frame = client_frame(kText, std::string(length, 'x'));
    cr_expect(std::string_view(frame).starts_with(
        std::string_view(reinterpret_cast<const char*>(head.bytes().data()), head.bytes().size())));
    cr_expect(head.bytes().size() + length == frame.size());
  }
}

Test(websocket_frame, of_a_close_has_a_code_and_a_reason_or_neither) {
  const auto text_of = [](const WebSocketClosePayload& payload) {
    return std::string(reinterpret_cast<const char*>(payload.bytes().data()),
                       payload.bytes().size());
  };
  cr_expect(text_of({WebSocketCode::kNone, ""}).empty());
  cr_expect(text_of({1001, ""}) == close_payload(1001));
  const std::string longest(WebSocketClose::kMaxReason, 'r');
  cr_expect(text_of({4999, longest}) == close_payload(4999, longest));
}
