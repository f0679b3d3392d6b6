// The contents of a hosts file, regardless of how it is divided into parts.
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/names/hosts_file.h"

using sluice::Address;
using sluice::HostsFile;
using sluice::RawAddress;

namespace {

HostsFile file_of(std::string_view text) {
  HostsFile file;
  file.read(text);
  file.finish();
  return file;
}

std::string addresses_of(const HostsFile& file, std::string_view name) {
  std::string text;
  for (const RawAddress& one : file.addresses(name)) {
    text += (text.empty() ? "" : " ") + one.with_port(0).host();
  }
  return text;
}

std::string names_of(const HostsFile& file, const std::string& address) {
  std::string text;
  for (const std::string& name : file.names(RawAddress(*Address::from_ip(address, 0)))) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

void expect(const std::string& got, const std::string& want) {
  cr_expect(got == want, "got \"%s\", not \"%s\"", got.c_str(), want.c_str());
}

}  // namespace

Test(hosts_file, finds_addresses_by_name_and_alias_in_any_case) {
  const HostsFile file = file_of("192.0.2.7 Seven.test\tseven\n2001:db8::7  seven.test\n");
  expect(addresses_of(file, "seven.TEST"), "192.0.2.7 2001:db8::7");
  expect(addresses_of(file, "seven"), "192.0.2.7");
  expect(addresses_of(file, "eight"), "");
  expect(addresses_of(file, ""), "");
}

Test(hosts_file, finds_the_names_of_the_first_line_with_an_address) {
  const HostsFile file =
      file_of("192.0.2.7 Seven.test seven Seven.test\n192.0.2.7 other.test\n::1 six\n");
  expect(names_of(file, "192.0.2.7"), "Seven.test seven");
  expect(names_of(file, "::1"), "six");
  expect(names_of(file, "::2"), "");
  expect(addresses_of(file, "other.test"), "192.0.2.7");
}

Test(hosts_file, an_address_is_returned_once) {
  expect(addresses_of(file_of("192.0.2.1 a\n192.0.2.2 a a\n192.0.2.1 a\n"), "a"),
         "192.0.2.1 192.0.2.2");
}

Test(hosts_file, comments_blanks_and_carriage_returns_are_not_names) {
  const HostsFile file = file_of(
      "# 192.0.2.1 a\n\n  \t192.0.2.2 b # c\n192.0.2.3 d#e\r\n#\n192.0.2.4\r\n192.0.2.5 f\r\n");
  for (const char* name : {"a", "c", "e", "#", "d#e"}) expect(addresses_of(file, name), "");
  expect(addresses_of(file, "b"), "192.0.2.2");
  expect(addresses_of(file, "d"), "192.0.2.3");
  expect(addresses_of(file, "f"), "192.0.2.5");
  expect(names_of(file, "192.0.2.4"), "");
}

Test(hosts_file, invalid_lines_and_words_are_skipped) {
  using namespace std::string_view_literals;
  const HostsFile file = file_of(
      "no.address a\n127.1 a\n192.0.2.999 a\nfe80::1%lo a\n"
      "192.0.2.1 a..b x\\y good 1.2.3.4 nul\0.test\n\0"
      "192.0.2.2 z\n192.0.2.3 last"sv);
  expect(addresses_of(file, "a"), "");
  expect(names_of(file, "192.0.2.1"), "good");
  expect(addresses_of(file, "z"), "");
  expect(addresses_of(file, "last"), "192.0.2.3");
}

Test(hosts_file, words_longer_than_a_name_are_skipped) {
  const std::string label(63, 'x');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'y');
  const std::string endless(100'000, 'z');
  const HostsFile file = file_of("192.0.2.1 " + longest + ' ' + longest + "y good\n" + endless +
                                 " a\n192.0.2.2 " + endless + " b\n");
  expect(names_of(file, "192.0.2.1"), longest + " good");
  expect(addresses_of(file, "a"), "");
  expect(addresses_of(file, "b"), "192.0.2.2");
}

Test(hosts_file, parts_of_any_length_give_the_same_result) {
  const std::string text =
      "127.0.0.1 localhost # this host\n192.0.2.7 seven.test seven\n2001:db8::7 seven.test";
  for (std::size_t size = 1; size < text.size(); ++size) {
    HostsFile file;
    for (std::size_t at = 0; at < text.size(); at += size) {
      file.read(std::string_view(text).substr(at, size));
    }
    file.finish();
    expect(addresses_of(file, "seven.test"), "192.0.2.7 2001:db8::7");
    expect(names_of(file, "192.0.2.7"), "seven.test seven");
    expect(addresses_of(file, "localhost"), "127.0.0.1");
  }
}

Test(hosts_file, keeps_the_first_addresses_of_a_name) {
  std::string text;
  for (std::size_t i = 0; i < 2 * HostsFile::kMaxAddresses; ++i) {
    text += "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + " a\n";
  }
  const HostsFile file = file_of(text + "192.0.2.1 b\n");
  cr_expect(file.addresses("a").size() == HostsFile::kMaxAddresses);
  cr_expect(file.addresses("a").front().with_port(0).host() == "10.0.0.0");
  expect(addresses_of(file, "b"), "192.0.2.1");
}

Test(hosts_file, finds_each_of_many_names_and_is_freed_in_parts) {
  std::string text;
  constexpr int kLines = 20'000;
  for (int i = 0; i < kLines; ++i) {
    const std::string address = "10." + std::to_string(i / 10'000) + '.' +
                                std::to_string(i / 100 % 100) + '.' + std::to_string(i % 100);
    text += address + " h" + std::to_string(i) + ".test\n";
  }
  HostsFile file = file_of(text);
  cr_assert(file.size() == kLines);
  for (int i = 0; i < kLines; ++i) {
    const auto found = file.addresses("h" + std::to_string(i) + ".test");
    cr_assert(found.size() == 1, "%d", i);
    const auto names = file.names(found.front());
    cr_assert(names.size() == 1 && names.front() == "h" + std::to_string(i) + ".test", "%d", i);
  }
  int parts = 0;
  while (!file.dismantle(1000)) ++parts;
  cr_expect(parts >= kLines / 1000 - 1 && parts <= kLines / 1000, "%d", parts);
  cr_expect(file.size() == 0);
}
