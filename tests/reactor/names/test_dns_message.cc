// Questions and answers as bytes, including malformed ones.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/names/dns_message.h"
#include "reactor/names/dns_records.h"

using namespace std::string_literals;
using sluice::Address;
using sluice::dns_question;
using sluice::DnsAnswer;
using sluice::DnsType;
using sluice::RawAddress;
using sluice::ResolverError;
using sluice::reverse_dns_name;

namespace {

const std::string kQuestion = dns_question("x.test", DnsType::a);
const std::string kOwner = "\xc0\x0c";      // the question's name
const std::string kIn = "\0\1\0\0\0\x3c"s;  // class IN, for a minute

std::string header(int answers, unsigned char rcode = 0) {
  return "\1\2\x81"s + static_cast<char>(0x80 | rcode) + "\0\1\0"s + static_cast<char>(answers) +
         "\0\0\0\0"s;
}

std::string record(const std::string& owner, char type, const std::string& data) {
  return owner + '\0' + type + kIn + '\0' + static_cast<char>(data.size()) + data;
}

std::string message(int answers, const std::string& records,
                    const std::string& question = kQuestion) {
  return header(answers) + question.substr(12) + records;
}

DnsAnswer read(const std::string& message, const std::string& question = kQuestion) {
  return sluice::read_dns_answer(
      {reinterpret_cast<const unsigned char*>(message.data()), message.size()}, question);
}

std::string text_of(const DnsAnswer& answer) {
  std::string text = answer.error ? answer.error.message() : "";
  for (const RawAddress& one : answer.addresses) text += one.with_port(0).host() + ' ';
  for (const std::string& one : answer.names) text += one + ' ';
  return text;
}

void expect(const DnsAnswer& answer, const std::string& want) {
  const std::string got = text_of(answer);
  cr_expect(got == want, "got \"%s\", not \"%s\"", got.c_str(), want.c_str());
}

void expect_error(const DnsAnswer& answer, ResolverError want) {
  cr_expect(answer.error == want, "got %s", text_of(answer).c_str());
  cr_expect(answer.addresses.empty() && answer.names.empty());
}

const std::string kOne = "\xc0\x00\x02\x01"s;
const std::string kTwo = "\xc0\x00\x02\x02"s;

}  // namespace

Test(dns_message, a_question_has_a_header_a_name_and_a_type) {
  std::string question = dns_question("x.Test.", DnsType::aaaa);
  cr_expect(question == "\0\0\1\0\0\1\0\0\0\0\0\0\1x\4Test\0\0\x1c\0\1"s);
  sluice::set_dns_id(question, 0x1234);
  cr_expect(question.starts_with("\x12\x34\1"));
  cr_expect(dns_question("x.Test", DnsType::aaaa).substr(2) == question.substr(2));
}

Test(dns_message, the_type_of_a_question_is_read_back) {
  for (const DnsType type : {DnsType::a, DnsType::aaaa, DnsType::caa}) {  // of one byte, and of two
    cr_expect(sluice::dns_type_of(dns_question("x.test", type)) == type);
  }
}

Test(dns_message, reads_addresses_in_their_order_each_once) {
  const std::string records =
      record(kOwner, 1, kTwo) + record("\1X\4TEST\0"s, 1, kOne) + record(kOwner, 1, kTwo);
  expect(read(message(3, records)), "192.0.2.2 192.0.2.1 ");
  const std::string six = dns_question("x.test", DnsType::aaaa);
  const std::string address = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"s;
  expect(read(message(1, record(kOwner, 28, address), six), six), "2001:db8::7 ");
}

Test(dns_message, records_of_other_names_are_skipped) {
  const std::string records = record("\1y\4test\0"s, 1, kOne) +
                              record(kOwner, 28, std::string(16, 'x')) +
                              record(kOwner, 16, "text") + record(kOwner, 1, "\1\2\3"s) + kOwner +
                              "\0\1\0\3\0\0\0\x3c\0\4"s + kOne + record(kOwner, 1, kTwo);
  expect(read(message(6, records)), "192.0.2.2 ");
}

Test(dns_message, follows_aliases_in_any_order) {
  const std::string first = record(kOwner, 5, "\1y\4test\0"s);
  const std::string second = record("\1y\4test\0"s, 5, "\1z\xc0\x0e"s);
  const std::string address = record("\1z\4test\0"s, 1, kOne);
  expect(read(message(3, first + second + address)), "192.0.2.1 ");
  expect(read(message(3, address + second + first)), "192.0.2.1 ");
  expect_error(read(message(2, second + address)), ResolverError::no_address);
}

Test(dns_message, a_circle_of_aliases_ends) {
  const std::string circle = record(kOwner, 5, "\1y\4test\0"s) + record("\1y\4test\0"s, 5, kOwner) +
                             record(kOwner, 5, kOwner);
  expect_error(read(message(3, circle)), ResolverError::no_address);
}

Test(dns_message, reads_only_host_names) {
  const std::string question =
      dns_question(reverse_dns_name(RawAddress(*Address::from_ip("192.0.2.1", 0))), DnsType::ptr);
  const std::string records =
      record(kOwner, 12, "\5Seven\4test\0"s) + record(kOwner, 12, "\3a b\4test\0"s) +
      record(kOwner, 12, "\3a.b\4test\0"s) + record(kOwner, 12, "\2\x1b[\0"s) +
      record(kOwner, 12, "\0"s) + record(kOwner, 12, "\5Seven\4test\0"s);
  expect(read(message(6, records, question), question), "Seven.test ");
}

Test(dns_message, reverse_names_are_written_backwards) {
  cr_expect(reverse_dns_name(RawAddress(*Address::from_ip("192.0.2.1", 0))) ==
            "1.2.0.192.in-addr.arpa");
  cr_expect(reverse_dns_name(RawAddress(*Address::from_ip("2001:db8::7f", 0))) ==
            "f.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

Test(dns_message, returns_the_failure_of_a_server) {
  const std::string rest = kQuestion.substr(12);
  expect_error(read(header(0) + rest), ResolverError::no_address);
  expect_error(read(header(0, 1) + rest), ResolverError::server_failed);
  expect_error(read(header(0, 2) + rest), ResolverError::server_failed);
  expect_error(read(header(0, 3) + rest), ResolverError::not_found);
  expect_error(read(header(0, 5) + rest), ResolverError::refused);
  expect_error(read(header(0, 9) + rest), ResolverError::server_failed);
  expect_error(read(kQuestion), ResolverError::server_failed);
}

Test(dns_message, a_truncated_message_is_a_failed_server) {
  const std::string whole =
      message(2, record(kOwner, 5, "\1y\4test\0"s) + record("\1y\4test\0"s, 1, kOne));
  expect(read(whole), "192.0.2.1 ");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_error(read(whole.substr(0, size)), ResolverError::server_failed);
  }
}

Test(dns_message, pointers_only_lead_backwards) {
  const std::size_t at = header(1).size() + kQuestion.substr(12).size();
  for (const std::size_t target : {at, at + 1, at + 100, std::size_t{0}, std::size_t{11}}) {
    const std::string owner = {static_cast<char>(0xc0), static_cast<char>(target)};
    expect_error(read(message(1, record(owner, 1, kOne))), ResolverError::server_failed);
  }
  expect_error(read(message(1, record("\1y\xc0\xff"s, 1, kOne))), ResolverError::server_failed);
  expect_error(read(message(1, record("\x40y\0"s, 1, kOne))), ResolverError::server_failed);
}

Test(dns_message, a_name_that_is_too_long_is_a_failed_server) {
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\1a";
  expect(read(message(2, record(name + '\0', 1, kOne) + record(kOwner, 1, kTwo))), "192.0.2.2 ");
  expect_error(read(message(1, record(name + "\1a\0"s, 1, kOne))), ResolverError::server_failed);
}

Test(dns_message, an_answer_is_limited) {
  std::string records;
  for (int i = 0; i < 400; ++i) {
    records +=
        record(kOwner, 1, "\x0a\0"s + static_cast<char>(i / 200) + static_cast<char>(i % 200));
  }
  std::string many = message(0, records);
  many[6] = static_cast<char>(400 >> 8);
  many[7] = static_cast<char>(400 & 0xff);
  cr_expect(read(many).addresses.size() == DnsAnswer::kMaxAddresses);
}

namespace {

// The text of one record of a type, or of the error.
std::string record_text(DnsType type, const std::string& data) {
  const std::string question = dns_question("x.test", type);
  const auto number = static_cast<unsigned>(type);
  std::string wire = kOwner + static_cast<char>(number >> 8) + static_cast<char>(number & 0xff) +
                     kIn + '\0' + static_cast<char>(data.size()) + data;
  const std::string all = message(1, wire, question);
  const sluice::DnsRecords found = sluice::read_dns_records(
      {reinterpret_cast<const unsigned char*>(all.data()), all.size()}, question);
  if (found.error) return found.error.message();
  const sluice::DnsRecord& one = found.records.front();
  cr_expect(one.name == "x.test" && one.type == type && one.ttl == 60);
  return one.data;
}

void expect_record(DnsType type, const std::string& data, const std::string& want) {
  const std::string got = record_text(type, data);
  cr_expect(got == want, "got \"%s\", not \"%s\"", got.c_str(), want.c_str());
}

const std::string kFailed = "the name server failed";

}  // namespace

// The examples of RFC 1035, RFC 2782, RFC 8659 and of RFC 9460, appendix D.
Test(dns_message, records_are_text_as_in_a_zone_file) {
  expect_record(DnsType::a, "\xc0\0\2\1"s, "192.0.2.1");
  expect_record(DnsType::aaaa, "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s, "2001:db8::1");
  expect_record(DnsType::ns, "\2ns" + kOwner, "ns.x.test");
  expect_record(DnsType::cname, "\0"s, ".");
  expect_record(DnsType::ptr, "\4ho.t\1\\\1\x1b" + kOwner, "ho\\.t.\\\\.\\027.x.test");
  expect_record(DnsType::mx, "\0\xa\4mail"s + kOwner, "10 mail.x.test");
  expect_record(DnsType::srv, "\0\1\0\2\x1f\x90"s + kOwner, "1 2 8080 x.test");
  expect_record(DnsType::txt, "\3a\"b\0\2\\\xff"s, R"("a\"b" "" "\\\255")");
  expect_record(DnsType::caa, "\x80\5issueca.test; a=b"s, R"(128 issue "ca.test; a=b")");
  expect_record(DnsType::soa,
                kOwner + "\2me" + kOwner + "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\xff\xff\xff\xff"s,
                "x.test me.x.test 1 2 3 4 4294967295");
}

Test(dns_message, the_parameters_of_https_records_are_named) {
  expect_record(DnsType::https, "\0\0\3foo"s + kOwner, "0 foo.x.test");
  expect_record(DnsType::https, "\0\1\0"s, "1 .");
  expect_record(DnsType::https, "\0\x10\0\0\3\0\2\0\x35"s, "16 . port=53");
  expect_record(DnsType::https, "\0\1\0\2\x9b\0\5hello"s, R"(1 . key667="hello")");
  expect_record(DnsType::https, "\0\1\0\0\1\0\6\2h2\2h3\0\2\0\0"s,
                R"(1 . alpn="h2,h3" no-default-alpn)");
  expect_record(DnsType::https, "\0\1\0\0\0\0\4\0\1\0\4\0\4\0\x8\x7f\0\0\1\x7f\0\0\2"s,
                "1 . mandatory=alpn,ipv4hint ipv4hint=127.0.0.1,127.0.0.2");
  expect_record(DnsType::https, "\0\1\0\0\5\0\5abcde"s, "1 . ech=YWJjZGU=");
  expect_record(DnsType::https, "\0\1\0\0\1\0\4\3,\\a"s, R"(1 . alpn="\\,\\\\a")");
}

Test(dns_message, a_record_whose_data_does_not_fit_its_type_is_no_answer) {
  expect_record(DnsType::a, "\1\2\3"s, kFailed);
  expect_record(DnsType::a, "\1\2\3\4\5"s, kFailed);
  expect_record(DnsType::aaaa, "\1\2\3\4"s, kFailed);
  expect_record(DnsType::mx, "\0"s, kFailed);
  expect_record(DnsType::mx, "\0\1"s + kOwner + "x", kFailed);
  expect_record(DnsType::txt, "\5abc"s, kFailed);
  expect_record(DnsType::caa, "\0\x9issue"s, kFailed);
  expect_record(DnsType::soa, kOwner + kOwner + "\0\0\0\1"s, kFailed);
  expect_record(DnsType::https, "\0\1\0\0\3\0\3\0\x35\0"s, kFailed);
  expect_record(DnsType::https, "\0\1\0\0\4\0\2\1\2"s, kFailed);
  expect_record(DnsType::https, "\0\1\0\0\3\0\x9\0\x35"s, kFailed);
  expect_record(DnsType::ns, "\xc0"s, kFailed);
}

Test(dns_message, types_have_names) {
  for (const DnsType type : sluice::all_dns_types()) {
    cr_expect(sluice::dns_type_from(to_string(type)) == type);
  }
  cr_expect(sluice::dns_type_from("aaaa") == DnsType::aaaa);
  cr_expect(!sluice::dns_type_from("ANY") && !sluice::dns_type_from(""));
}
