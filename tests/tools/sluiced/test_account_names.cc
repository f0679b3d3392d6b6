// Names that another process looks up: what it may answer, and what is refused.
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/account_names.h"
#include "tools/sluiced/config/listen_reader.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

std::vector<ListenSpec> specs() {
  return {parse_listen("echo=tcp://127.0.0.1:1", {}), parse_listen("echo=tcp://host.test:80", {}),
          parse_listen("echo=udp://host.test:90", {})};
}

std::string why_not(const std::string& text) {
  try {
    (void)with_addresses(specs(), text);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

Test(account_names, each_address_makes_a_spec_in_order) {
  const auto all = with_addresses(
      specs(), "1 tcp://192.0.2.1:80\n1 tcp://[2001:db8::1]:80\n2 udp://192.0.2.1:90\nend");
  cr_assert(all.size() == 4);
  cr_expect(all[0].endpoint() == Endpoint::from("tcp://127.0.0.1:1"));
  cr_expect(all[1].endpoint() == Endpoint::from("tcp://192.0.2.1:80"));
  cr_expect(all[2].endpoint() == Endpoint::from("tcp://[2001:db8::1]:80"));
  cr_expect(all[3].endpoint() == Endpoint::from("udp://192.0.2.1:90"));
}

Test(account_names, an_answer_is_for_what_was_asked_or_none_counts) {
  cr_expect(why_not("failed no such host") == "no such host");
  for (const char* text :
       {"", "1 tcp://192.0.2.1:80\n2 udp://192.0.2.1:90\n", "1 tcp://192.0.2.1:80\nend",
        "1 tcp://192.0.2.1:81\n2 udp://192.0.2.1:90\nend",
        "1 udp://192.0.2.1:80\n2 udp://192.0.2.1:90\nend",
        "1 unix:///etc/x\n2 udp://192.0.2.1:90\nend", "1 tcp://*:80\n2 udp://192.0.2.1:90\nend",
        "0 tcp://192.0.2.1:1\n1 tcp://192.0.2.1:80\n2 udp://192.0.2.1:90\nend",
        "1 tcp://192.0.2.1:80\n2 udp://192.0.2.1:90\n3 tcp://192.0.2.1:80\nend"}) {
    cr_expect(why_not(text).starts_with("names of hosts: "), "%s: %s", text, why_not(text).c_str());
  }
}

Test(account_names, a_process_of_the_account_looks_them_up) {
  const passwd* const own = ::getpwuid(::geteuid());
  if (own == nullptr) cr_skip_test("this user has no account");
  const Account account = find_account(own->pw_name);
  const auto all = look_up_names_as(account, {parse_listen("echo=tcp://localhost:80", {})});
  cr_assert(not all.empty());
  cr_expect(all[0].endpoint().address().is_loopback() && all[0].target.port() == 80);
}

// So many that the answer does not fit in a pipe: the process lives until it is read.
Test(account_names, that_process_keeps_none_of_our_descriptors) {
  const passwd* const own = ::getpwuid(::geteuid());
  if (own == nullptr) cr_skip_test("this user has no account");
  constexpr std::size_t kLongAnswer = 4000;
  const std::vector<ListenSpec> many(kLongAnswer, parse_listen("echo=tcp://localhost:80", {}));
  std::array<int, 2> ends{};
  cr_assert(::pipe(ends.data()) == 0);
  AccountNames names(many, find_account(own->pw_name));
  ::close(ends[1]);
  pollfd read_end{.fd = ends[0], .events = POLLIN, .revents = 0};
  cr_expect(::poll(&read_end, 1, 10'000) == 1, "another process has the other end of the pipe");
  ::close(ends[0]);
  while (!names.read()) {
  }
  cr_expect(names.specs().size() >= kLongAnswer);
}
