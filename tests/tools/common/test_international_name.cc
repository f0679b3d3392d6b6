// Names of hosts in Unicode: their form in the DNS, and what is no name.
#include <string>

#include <criterion/criterion.h>

#include "reactor/base/text/host_name.h"
#include "support/usage.h"
#include "tools/common/international_name.h"

using sluice::tools::ascii_name;
using sluice::tools::is_international;
using sluice::tools::unicode_name;

namespace {

void expect_name(const std::string& text, const std::string& want) {
  const std::string got = ascii_name(text);
  cr_expect(got == want, "%s: got %s", text.c_str(), got.c_str());
  cr_expect(sluice::is_host_name(got), "%s", text.c_str());
}

void expect_no_name(const std::string& text, const std::string& why) {
  const std::string message = usage_error_of([&] { (void)ascii_name(text); });
  cr_expect(message.find(why) != message.npos, "%s: got %s", text.c_str(), message.c_str());
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

Test(international_name, text_of_ascii_alone_stays_as_it_is) {
  for (const char* text : {"", "example.org", "EXAMPLE.org.", "_dmarc.a-b", "xn--bcher-kva.example",
                           "a..b", "127.1", "xn--zz", "a b"}) {
    cr_expect(!is_international(text));
    cr_expect(ascii_name(text) == text, "%s", text);
  }
}

Test(international_name, names_become_what_the_dns_has) {
  expect_name("bücher.example", "xn--bcher-kva.example");
  expect_name("例え.テスト", "xn--r8jz45g.xn--zckzah");
  expect_name("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv");
  expect_name("उदाहरण.परीक्षा", "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g");
  expect_name("пример.испытание.", "xn--e1afmkfd.xn--80akhbyknj4f.");
  expect_name("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example");
}

// The rows of UTS #46, table 1 and 2: what IDNA2003 changed, and the forms that are mapped.
Test(international_name, characters_are_mapped_without_the_transitional_ones) {
  expect_name("faß.de", "xn--fa-hia.de");
  expect_name("βόλος.com", "xn--nxasmm1c.com");
  expect_name("ශ්\u200dරී.com", "xn--10cl1a0b660p.com");
  expect_name("نامه\u200cای.com", "xn--mgba3gch31f060k.com");
  expect_name("BÜCHER.Example", "xn--bcher-kva.example");
  expect_name("bu\u0308cher.example", "xn--bcher-kva.example");
  expect_name("ｂücher。example", "xn--bcher-kva.example");
  expect_name("bü\u00adcher.example", "xn--bcher-kva.example");
}

Test(international_name, what_is_no_name_is_rejected_with_its_reason) {
  expect_no_name("a≠b.net", "has a character that no name has");
  expect_no_name("☃.net", "has a character that no name has");
  expect_no_name("\u202ebücher.net", "has a character that no name has");
  expect_no_name("a\u200cü.de", "joiner");
  expect_no_name("\u0301a.de", "begins with a combining mark");
  expect_no_name("-ü.de", "begins or ends with -");
  expect_no_name("ab--cü.de", "third and fourth");
  expect_no_name("אבa.com", "both directions");
  expect_no_name("1אב.com", "both directions");
  expect_no_name("xn--zz.bücher.de", "xn--");
  expect_no_name("ü b.de", "the character \" \"");
  expect_no_name("ü/b.de", "the character \"/\"");
  expect_no_name(std::string("ü\0.de", 6), "the character \"\\x00\"");
  expect_no_name("ü\x1b[2J", "the character \"\\x1b\"");
}

Test(international_name, bytes_that_are_not_utf_8_are_rejected) {
  expect_no_name(
      "b\xfc"
      "cher.example",
      "name \"b\\xfccher.example\": is not valid UTF-8");
  expect_no_name("\xc3", "is not valid UTF-8");
  expect_no_name("\xed\xa0\x80.de", "is not valid UTF-8");
  expect_no_name("\xc0\xaf.de", "is not valid UTF-8");
}

Test(international_name, what_only_looks_like_a_name_is_rejected_in_its_ascii_form) {
  expect_no_name("℀.com", "is \"a/c.com\" in its ASCII form");
  expect_no_name("\u037e.com", "is \";.com\" in its ASCII form");
  expect_no_name("１２７.０.０.１", "is \"127.0.0.1\" in its ASCII form");
  expect_no_name("ü..de", "no name of a host");
  expect_no_name(".ü", "no name of a host");
  expect_no_name("\u00ad", "is \"\" in its ASCII form");
}

Test(international_name, a_name_has_the_limits_of_the_dns) {
  // RFC 1035: 63 bytes of ASCII in a label, 253 in a name.
  expect_no_name(repeated("ü", 80) + ".de", "longer than 63 bytes");
  expect_no_name(repeated("ü", 507), "has 1014 bytes; allowed: at most 1012");
  const std::string longest = "xn--tda" + repeated("." + std::string(40, 'a'), 6);
  expect_name("ü" + repeated("." + std::string(40, 'a'), 6), longest);
  cr_expect(longest.size() == 253);
  cr_expect(usage_error_of([] {
              (void)ascii_name("ü" + repeated("." + std::string(40, 'a'), 5) + "." +
                               std::string(41, 'a'));
            }) != "");
}

Test(international_name, the_form_in_unicode_is_that_of_the_same_name) {
  cr_expect(unicode_name("xn--bcher-kva.example") == "bücher.example");
  cr_expect(unicode_name("mail.XN--BCHER-KVA.example.") == "mail.bücher.example.");
  cr_expect(unicode_name("xn--fa-hia.de") == "faß.de");
}

Test(international_name, what_is_not_valid_in_unicode_has_no_such_form) {
  for (const char* name :
       {"", ".", "example.org", "xn--", "xn--a", "xn--zz.example", "xn--n3h.net", "axn--bcher-kva",
        "xn--bcher-kva..de", "xn--bcher-kva.a/b", "xn--a-ecp.ru", "xn--1ch.de"}) {
    const std::string got = unicode_name(name);
    cr_expect(got.empty(), "%s: got %s", name, got.c_str());
  }
  cr_expect(unicode_name("xn--bcher-kva" + repeated(".aaaaaaaaa", 200)).empty());
}
