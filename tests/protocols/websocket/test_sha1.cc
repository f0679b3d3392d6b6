// SHA-1: the examples of RFC 3174, and the lengths around a block.
#include <cstdio>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/websocket/sha1.h"

namespace {

std::string hex_of(std::string_view text) {
  std::string hex;
  for (const auto byte : sluice::sha1_of(text)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 0xFU];
  }
  return hex;
}

}  // namespace

Test(sha1, has_the_results_of_rfc_3174) {
  std::string tens;
  for (int i = 0; i < 80; ++i) tens += "01234567";
  cr_expect(hex_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  cr_expect(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  cr_expect(hex_of(tens) == "dea356a2cddd90c7a7ecedc5ebb563934f460452");
  cr_expect(hex_of(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// From Python's hashlib.
Test(sha1, pads_texts_that_end_around_the_end_of_a_block) {
  cr_expect(hex_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  cr_expect(hex_of(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
  cr_expect(hex_of(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
  cr_expect(hex_of(std::string(63, 'x')) == "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
  cr_expect(hex_of(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
}
