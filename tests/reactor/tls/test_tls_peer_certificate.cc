#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/tls/tls_names.h"
#include "support/tls_pair.h"
#include <sluice/tls_peer_certificate.h>

using namespace sluice;
using namespace sluice::test;

Test(tls_peer_certificate, has_the_names_and_times_of_the_certificate) {
  const Authority root("the root");
  const Pem pem = root.sign({.names = {"DNS:a.example", "IP:192.0.2.1", "IP:2001:db8::1"},
                             .starts_in = -100,
                             .ends_in = 1000});
  const auto now = std::chrono::system_clock::now();
  const TlsPeerCertificate shown = TlsServer(server_with(pem)).certificate();
  const std::vector<std::string> names = {"a.example", "192.0.2.1", "2001:db8::1"};
  cr_expect(shown.names == names);
  cr_expect(shown.issuer == "CN=the root" && shown.subject == "CN=leaf");
  cr_expect(shown.serial.size() == 16, "%s", shown.serial.c_str());
  using std::chrono::seconds;
  cr_expect(shown.not_before > now - seconds(160) && shown.not_before < now - seconds(40));
  cr_expect(shown.not_after > now + seconds(900) && shown.not_after < now + seconds(1100));
}

Test(tls_peer_certificate, falls_back_to_the_common_name) {
  const Authority root;
  const Pem pem = root.sign({.names = {}, .common_name = "only.example"});
  cr_expect(TlsServer(server_with(pem)).certificate().names ==
            std::vector<std::string>{"only.example"});
}

Test(tls_peer_certificate, matches_names_with_a_star_for_one_label) {
  cr_expect(matches_name("a.example", "A.EXAMPLE"));
  cr_expect(!matches_name("a.example", "a.example.com") && !matches_name("a.example", "example"));
  cr_expect(matches_name("*.example", "a.example"));
  cr_expect(!matches_name("*.example", "a.b.example") && !matches_name("*.example", ".example"));
  cr_expect(!matches_name("*.example", "example") && !matches_name("*", "localhost"));
}
