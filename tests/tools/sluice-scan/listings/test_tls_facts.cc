// What is known of a TLS server as one line.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-scan/listings/tls_facts.h"

using sluice::tools::scan::TlsFacts;

namespace {

TlsFacts facts() {
  TlsFacts made;
  made.version = "TLSv1.2";
  made.cipher = "CIPHER";
  made.not_after = std::chrono::system_clock::from_time_t(86'400);
  return made;
}

}  // namespace

Test(scan_tls_facts, a_line_has_what_is_known_and_few_names) {
  TlsFacts some = facts();
  cr_expect(some.line() == "TLSv1.2 CIPHER, until 1970-01-02");
  some.subject = "CN=a";
  some.names = {"a", "b", "c"};
  cr_expect(some.line() == "TLSv1.2 CIPHER, CN=a (a b c), until 1970-01-02");
  some.names.push_back("d");
  cr_expect(some.line() == "TLSv1.2 CIPHER, CN=a (a b c ...), until 1970-01-02");
}

Test(scan_tls_facts, its_size_grows_with_the_names) {
  TlsFacts some = facts();
  const std::size_t before = some.size();
  some.names.emplace_back(100, 'x');
  cr_expect(some.size() >= before + 100);
}
