// The bytes between a worker and its parent: what is a request, and what is none.
#include <cstring>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/privileges/request.h"

using namespace sluice::tools::daemon;

namespace {

std::vector<std::byte> bytes_of(std::uint32_t kind, const std::string& text) {
  std::vector<std::byte> bytes(kRequestHead + text.size());
  std::memcpy(bytes.data(), &kind, sizeof kind);
  if (!text.empty()) std::memcpy(bytes.data() + kRequestHead, text.data(), text.size());
  return bytes;
}

bool is_request(RequestKind kind, const std::string& text) {
  return decode_request(bytes_of(static_cast<std::uint32_t>(kind), text)).has_value();
}

}  // namespace

Test(request, what_is_encoded_is_decoded_as_the_same) {
  RequestBytes room;
  const auto bytes = encode({RequestKind::socket, 7, "tcp://127.0.0.1:80"}, room);
  const auto request = decode_request(bytes);
  cr_assert(request.has_value());
  cr_expect(request->kind == RequestKind::socket && request->number == 7);
  cr_expect(request->text == "tcp://127.0.0.1:80");
  const auto answer = decode_answer(encode(Answer{7, 13, -1}));
  cr_assert(answer.has_value());
  cr_expect(answer->number == 7 && answer->error == 13 && answer->value == -1);
}

Test(request, a_text_that_is_too_long_is_no_request) {
  RequestBytes room;
  const std::string longest(kMaxText, 'x');
  cr_expect(is_request(RequestKind::file, longest));
  cr_expect(not is_request(RequestKind::file, longest + 'x'));
  cr_expect(encode({RequestKind::file, 1, longest + 'x'}, room).empty());
  cr_expect(not encode({RequestKind::file, 1, longest}, room).empty());
}

Test(request, only_a_known_kind_with_what_it_needs_is_one) {
  cr_expect(not decode_request(bytes_of(0, "x")).has_value());
  cr_expect(not decode_request(bytes_of(static_cast<std::uint32_t>(kLastRequest) + 1, "")));
  cr_expect(not decode_request(bytes_of(UINT32_MAX, "x")));
  cr_expect(not is_request(RequestKind::file, ""), "a text is missing");
  cr_expect(not is_request(RequestKind::reload, "x"), "there is no text");
  cr_expect(not is_request(RequestKind::file, std::string("/etc/x\0y", 8)), "a NUL");
  const auto whole = bytes_of(1, "x");
  for (std::size_t size = 0; size < kRequestHead; ++size) {
    cr_expect(not decode_request(std::span(whole).first(size)), "%zu bytes", size);
  }
  cr_expect(not decode_answer(std::span(whole).first(sizeof(Answer) - 1)));
}

Test(request, the_service_manager_hears_only_what_a_worker_may_say) {
  for (const char* text : {"READY=1", "READY=1\nSTATUS=serving 2 services", "WATCHDOG=1",
                           "RELOADING=1\nMONOTONIC_USEC=123", "STOPPING=1\nSTATUS="}) {
    cr_expect(is_notification(text), "%s", text);
  }
  for (const char* text : {"", "MAINPID=1", "READY=1\nMAINPID=1", "FDSTORE=1", "READY=1\n",
                           "MONOTONIC_USEC=", "MONOTONIC_USEC=1x", "STATUS=x\nBUSERROR=y"}) {
    cr_expect(not is_notification(text), "%s", text);
  }
}
