// Close frames: which codes are valid, and what their payloads say.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/websocket_frames.h"
#include <sluice/websocket_close.h>

using sluice::WebSocketClose;
using sluice::WebSocketCode;
using sluice::test::close_payload;

namespace {

WebSocketClose read(std::string_view payload) {
  return WebSocketClose::read(std::as_bytes(std::span(payload.data(), payload.size())));
}

}  // namespace

// RFC 6455, sections 7.4.1 and 7.4.2.
Test(websocket_close, has_the_codes_that_may_be_sent) {
  const auto want = [](unsigned code) {
    if (code < 1000 || code > 4999) return false;
    if (code >= 3000) return true;
    return code <= 1014 && code != 1004 && code != 1005 && code != 1006;
  };
  for (unsigned code = 0; code <= 65'535; ++code) {
    const bool got = WebSocketCode::is_valid(static_cast<std::uint16_t>(code));
    cr_assert(got == want(code), "%u", code);
    cr_assert(!read(close_payload(code)).fault == want(code), "%u", code);
  }
}

// RFC 6455, section 5.5.1.
Test(websocket_close, reads_a_code_and_a_reason_or_neither) {
  cr_expect(read("").code == WebSocketCode::kNone);
  cr_expect(!read("").fault);
  const std::string payload = close_payload(4321, "au revoir, \u00e0 bient\u00f4t");
  cr_expect(read(payload).code == 4321);
  cr_expect(read(payload).reason == "au revoir, \u00e0 bient\u00f4t");
}

Test(websocket_close, rejects_half_a_code_and_a_reason_that_is_not_utf_8) {
  cr_expect(read("\x03").fault.code == WebSocketCode::kProtocolError);
  cr_expect(read(close_payload(1000, "\xED\xA0\x80")).fault.code == WebSocketCode::kInvalidData);
  cr_expect(read(close_payload(1000, "\xE2\x82")).fault.code == WebSocketCode::kInvalidData);
}
