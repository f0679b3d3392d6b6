// The messages of the faults.
#include <algorithm>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/codec_error.h>

using namespace sluice;

Test(codec_error, has_a_different_message_for_each_fault) {
  std::vector<std::string> messages;
  for (int fault = 0; fault <= static_cast<int>(CodecFault::empty_payload); ++fault) {
    CodecError error;
    error.fault = static_cast<CodecFault>(fault);
    cr_expect(static_cast<bool>(error) == (fault != 0));
    messages.push_back(error.message());
    cr_expect(messages.back() != "unknown fault");
  }
  cr_expect(CodecError{.fault = static_cast<CodecFault>(99)}.message() == "unknown fault");
  std::sort(messages.begin(), messages.end());
  cr_expect(std::adjacent_find(messages.begin(), messages.end()) == messages.end());
}

Test(codec_error, says_what_was_read_and_what_is_allowed) {
  CodecError error{.fault = CodecFault::too_long};
  error.found = 300;
  error.allowed = 255;
  cr_expect(error.message() == "a message of 300 bytes is above the limit of 255");
  error.fault = CodecFault::not_a_digit;
  error.byte = std::byte{0x0a};
  cr_expect(error.message() == "byte 0x0a in the length is not a digit; allowed: 0-9");
}
