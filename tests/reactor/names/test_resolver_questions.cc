// What an attacker who forges a server's answers would have to guess.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/dns_world.h"
#include "support/slowness.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::LookupId;
using sluice::Loop;
using sluice::Resolver;
using sluice::ResolverError;
using sluice::ResolverOptions;

TestSuite(resolver_questions, .timeout = 30);

namespace {

// From now on the system gives this process no random numbers.
void take_random_numbers_away() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    cr_skip_test("this machine has no filter of system calls");
  }
}

}  // namespace

Test(resolver_questions, many_lookups_of_one_name_share_one_question) {
  DnsWorld world(patient());
  world.server.a("x.test", "127.0.0.9");
  world.server.delay("x.test", 50ms);
  std::vector<Found> found(Resolver::kMaxAsked);
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Names are compared without case, and the port does not matter.
    world.resolver->addresses(i % 2 == 0 ? "x.test." : "X.Test.", static_cast<std::uint16_t>(i + 1),
                              AF_INET, DnsWorld::into(found[i]));
  }
  turn_until(world.loop, [&world] { return world.resolver->pending() == 0; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    expect_words(found[i], {"127.0.0.9:" + std::to_string(i + 1)});
  }
  cr_expect(world.server.questions() == 1, "%zu", world.server.questions());
}

Test(resolver_questions, lookups_of_one_family_and_of_both_share_a_question) {
  DnsWorld world(patient());
  world.server.a("x.test", "127.0.0.9");
  world.server.aaaa("x.test", "::1");
  world.server.delay("x.test", 50ms);
  std::vector<Found> found(3);
  const std::vector<int> families = {AF_INET, AF_UNSPEC, AF_INET6};
  for (std::size_t i = 0; i < found.size(); ++i) {
    world.resolver->addresses("x.test.", 80, families[i], DnsWorld::into(found[i]));
  }
  turn_until(world.loop, [&world] { return world.resolver->pending() == 0; });
  expect_words(found[0], {"127.0.0.9:80"});
  cr_expect(found[1].words.size() == 2);
  expect_words(found[2], {"[::1]:80"});
  cr_expect(world.server.questions() == 2, "A and AAAA, once each");
}

Test(resolver_questions, a_shared_question_goes_on_until_its_last_asker_cancels) {
  DnsWorld world(patient());
  world.server.a("x.test", "127.0.0.9");
  world.server.delay("x.test", 50ms);
  Found cancelled;
  Found kept;
  const LookupId id = world.resolver->addresses("x.test.", 80, AF_INET, DnsWorld::into(cancelled));
  world.resolver->addresses("x.test.", 80, AF_INET, DnsWorld::into(kept));
  turn_until(world.loop, [&world] { return world.server.questions() > 0; });
  world.resolver->cancel(id);
  turn_until(world.loop, [&kept] { return kept.answers > 0; });
  expect_words(kept, {"127.0.0.9:80"});
  cr_expect(cancelled.answers == 0);
}

Test(resolver_questions, a_question_that_was_not_answered_in_its_first_try_is_not_shared) {
  ResolverOptions options;
  options.try_timeout = slowness() * 100ms;
  const bool has_its_own = succeeds_once([&options] {
    DnsWorld world(options);
    world.server.treat("x.test", Manner::silent);
    Found first;
    Found second;
    world.resolver->addresses("x.test.", 80, AF_INET, DnsWorld::into(first));
    turn_for(world.loop, 150ms);
    const std::size_t asked = world.server.questions();
    world.resolver->addresses("x.test.", 80, AF_INET, DnsWorld::into(second));
    // Long before the third try of the first question.
    turn_for(world.loop, 50ms);
    return asked == 2 && world.server.questions() == 3;
  });
  cr_expect(has_its_own);
}

Test(resolver_questions, each_has_a_different_port_and_id) {
  DnsWorld world;
  constexpr int kNames = 64;
  std::vector<Found> found(kNames);
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "h" + std::to_string(i) + ".test";
    world.server.a(name, "127.0.0.9");
    world.resolver->addresses(name + '.', 80, AF_INET,
                              DnsWorld::into(found[static_cast<std::size_t>(i)]));
  }
  turn_until(world.loop, [&world] { return world.resolver->pending() == 0; });
  // A port is free again when its question has been answered, and an id may occur twice by chance.
  cr_expect(world.server.ports().size() > kNames / 2, "%zu ports", world.server.ports().size());
  cr_expect(world.server.ids().size() > kNames - 4, "%zu ids", world.server.ids().size());
}

Test(resolver_questions, consecutive_questions_have_different_ports_too) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.9");
  for (int i = 0; i < 20; ++i) expect_words(world.addresses("x.test.", AF_INET), {"127.0.0.9:80"});
  cr_expect(world.server.ports().size() > 10, "%zu ports", world.server.ports().size());
  cr_expect(world.server.ids().size() > 16, "%zu ids", world.server.ids().size());
}

Test(resolver_questions, without_random_numbers_the_constructor_throws) {
  Loop loop{backend_options()};
  take_random_numbers_away();
  std::string message;
  try {
    const Resolver resolver(loop);
  } catch (const std::system_error& error) {
    message = error.what();
    cr_expect(error.code() == std::errc::function_not_supported);
  }
  cr_expect(message.starts_with("resolver: getentropy() gives no random numbers"), "%s",
            message.c_str());
}

Test(resolver_questions, without_random_numbers_no_question_is_sent) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.9");
  take_random_numbers_away();
  expect_error(world.addresses("x.test."), ResolverError::no_server);
  cr_expect(world.server.questions() == 0);
}

Test(resolver_questions, the_aliases_of_the_environment_are_ignored) {
  const std::string path = "aliases-of-the-resolver-test";
  std::ofstream(path) << "short elsewhere.test\n";
  cr_assert(::setenv("HOSTALIASES", path.c_str(), 1) == 0);
  DnsWorld world;
  world.server.a("short", "127.0.0.1");
  world.server.a("elsewhere.test", "127.0.0.66");
  const Found found = world.addresses("short", AF_INET);
  (void)std::remove(path.c_str());
  expect_words(found, {"127.0.0.1:80"});
  cr_expect(world.server.questions_for("elsewhere.test") == 0);
}
