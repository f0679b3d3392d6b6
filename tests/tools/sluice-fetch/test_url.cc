// URLs and their parts, as sluice-fetch --parse shows them.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-fetch/url.h"

using sluice::tools::fetch::parse_url;
using sluice::tools::fetch::Url;
using sluice::tools::fetch::without_password;

namespace {

std::string refusal_of(const std::string& text) {
  return usage_error_of([&] { (void)parse_url(text); });
}

}  // namespace

Test(fetch_url, has_all_its_parts) {
  const Url url = parse_url("HTTP://us%20er:secret@Example.org:8080/a/b%20c?q=1&r#top");
  cr_expect(url.scheme == "http");
  cr_expect(url.user == "us%20er");
  cr_expect(url.password == "secret");
  cr_expect(url.host == "Example.org");
  cr_expect(url.port == "8080");
  cr_expect(url.path == "/a/b%20c");
  cr_expect(url.query == "q=1&r");
  cr_expect(url.fragment == "top");
  cr_expect(url.can_be_fetched());
}

Test(fetch_url, knows_the_ports_of_its_schemes) {
  cr_expect(parse_url("http://h").port == "80");
  cr_expect(parse_url("https://h").port == "443");
  cr_expect(!parse_url("gopher-plus://h").port.has_value());
}

Test(fetch_url, without_a_part_has_none) {
  const Url url = parse_url("https://[::1]");
  cr_expect(url.host == "[::1]");
  cr_expect(url.path == "/");
  cr_expect(!url.user && !url.password && !url.query && !url.fragment);
}

Test(fetch_url, of_another_scheme_is_parsed_and_not_fetched) {
  for (const char* text : {"ftp://h/x", "file:///etc/passwd", "ws://h/"}) {
    cr_expect(!parse_url(text).can_be_fetched(), "%s", text);
  }
}

Test(fetch_url, without_a_host_is_a_scheme_and_a_path) {
  const Url mail = parse_url("MAILTO:ann@example.org?subject=a://b#top");
  cr_expect(mail.scheme == "mailto" && mail.path == "ann@example.org");
  cr_expect(mail.query == "subject=a://b" && mail.fragment == "top");
  cr_expect(!mail.host && !mail.port && !mail.user && !mail.can_be_fetched());
  cr_expect(parse_url("urn:isbn:0451450523").path == "isbn:0451450523");
  cr_expect(parse_url("data:text/plain;base64,SGk=").path == "text/plain;base64,SGk=");
  cr_expect(parse_url("tel:112").path == "112");
  cr_expect(parse_url("file:/etc/passwd").path == "/etc/passwd");
  cr_expect(printed_parts(parse_url("urn:x:1")) == "scheme    urn\npath      x:1\n");
}

Test(fetch_url, keeps_the_zone_of_an_ipv6_address) {
  cr_expect(parse_url("http://[fe80::1%25eth0]:8080/").host == "[fe80::1%25eth0]");
  cr_expect(parse_url("http://[fe80::1%eth0]/").host == "[fe80::1%25eth0]");
  cr_expect(parse_url("http://[fe80::1%25eth0]/x").shown == "http://[fe80::1%25eth0]/x");
}

Test(fetch_url, of_a_scheme_without_ports_has_none) {
  cr_expect(!parse_url("file:///etc/passwd").port.has_value());
}

Test(fetch_url, is_shown_without_its_password) {
  cr_expect(parse_url("http://me:secret@h/x?y").shown == "http://me@h/x?y");
  cr_expect(parse_url("http://:secret@h/x").shown.find("secret") == std::string::npos);
  cr_expect(parse_url("http://h/a/../b").shown == "http://h/b");
  cr_expect(without_password("http://me:secret@h/x") == "http://me@h/x");
  cr_expect(without_password("no URL") == "no URL");
}

Test(fetch_url, that_is_none_is_quoted_with_the_reason) {
  cr_expect(refusal_of("localhost:8080/x") ==
            "URL \"localhost:8080/x\": has no scheme; allowed: http:// and https://");
  cr_expect(refusal_of("example.org:80") ==
            "URL \"example.org:80\": has no scheme; allowed: http:// and https://");
  cr_expect(refusal_of("http:/x") ==
            "URL \"http:/x\": has no // after the scheme; allowed: http:// and https://");
  cr_expect(refusal_of("mailto:a b") ==
            "URL \"mailto:a b\": contains a space or a control character");
  for (const char* text : {"", "x", ":x", "1a:x", "a_b:x", "//h/x", "http://", "http://h:99999/",
                           "http://h:0x50/", "http://a b/", "http://[::1/", "http://h/\x01"}) {
    const std::string refusal = refusal_of(text);
    cr_expect(refusal.starts_with("URL \""), "%s: %s", text, refusal.c_str());
    cr_expect(refusal.find("\": ") != std::string::npos, "%s: %s", text, refusal.c_str());
  }
}

Test(fetch_url, that_is_none_is_quoted_without_its_password) {
  cr_expect(refusal_of("http://me:secret@h:x/").starts_with("URL \"http://me@h:x/\": "));
  cr_expect(refusal_of("http://me:se@cret@h:x/a:b@c").starts_with("URL \"http://me@h:x/a:b@c\": "));
  cr_expect(refusal_of("http://h:x/a:b@c").starts_with("URL \"http://h:x/a:b@c\": "));
  cr_expect(refusal_of("http://h:x").starts_with("URL \"http://h:x\": "));
}

Test(fetch_url, that_is_too_long_is_refused) {
  const std::string start = "http://h/";
  const std::string most = start + std::string(Url::kMaxLength - start.size(), 'x');
  cr_expect(refusal_of(most).empty());
  cr_expect(refusal_of(most + 'x').ends_with("is longer than 8000 bytes"));
}

Test(fetch_url, is_printed_a_part_a_line) {
  cr_expect(printed_parts(parse_url("https://me@h:1/p?q#f")) ==
            "scheme    https\nuser      me\nhost      h\nport      1\npath      /p\nquery     q\n"
            "fragment  f\n");
  cr_expect(printed_parts(parse_url("http://h/\xc2\x9b")) ==
            "scheme    http\nhost      h\nport      80\npath      /\\xc2\\x9b\n");
}

Test(fetch_url, is_an_object_of_json) {
  cr_expect(
      parts_as_json(parse_url("http://h/\"x\xff")) ==
      "{\"url\":\"http://h/\\\"x\\ufffd\",\"scheme\":\"http\",\"user\":null,\"password\":null,"
      "\"host\":\"h\",\"port\":80,\"path\":\"/\\\"x\\ufffd\",\"query\":null,"
      "\"fragment\":null}\n");
}
