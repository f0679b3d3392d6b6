// A resolver and the DNS server that it asks, on one loop.
#ifndef SLUICE_TESTS_SUPPORT_DNS_WORLD_H
#define SLUICE_TESTS_SUPPORT_DNS_WORLD_H

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "backend.h"
#include "dns_server.h"
#include "slowness.h"
#include <sluice/loop.h>
#include <sluice/resolver.h>

namespace sluice::test {

using Words = std::vector<std::string>;

// No question is repeated, and no lookup ends by time, however slow the machine is.
inline ResolverOptions patient() {
  ResolverOptions options;
  options.try_timeout = std::chrono::hours(1);
  options.deadline = {};
  return options;
}

template <class Done>
void turn_until(Loop& loop, Done done) {
  const auto give_up = Clock::now() + std::chrono::seconds(20 * slowness());
  while (!done()) {
    cr_assert(Clock::now() < give_up, "waited in vain");
    loop.run_once();
  }
}

inline void turn_for(Loop& loop, std::chrono::milliseconds time) {
  const auto end = Clock::now() + slowness() * time;
  while (Clock::now() < end) loop.poll();
}

// The result of a lookup.
struct Found {
  std::error_code error;
  Words words;  // addresses as to_string() says, or names
  std::size_t answers = 0;
};

struct DnsWorld {
  explicit DnsWorld(ResolverOptions options = {}) {
    options.servers = {server.address()};
    resolver = std::make_unique<Resolver>(loop, options);
  }

  static Resolver::AddressesFound into(Found& found) {
    return [&found](std::error_code error, const std::vector<Address>& addresses) {
      ++found.answers;
      found.error = error;
      for (const Address& address : addresses) found.words.push_back(address.to_string());
    };
  }
  static Resolver::NamesFound names_into(Found& found) {
    return [&found](std::error_code error, Words names) {
      ++found.answers;
      found.error = error;
      found.words = std::move(names);
    };
  }
  Found addresses(std::string_view host, int family = AF_UNSPEC, std::uint16_t port = 80) {
    Found found;
    resolver->addresses(host, port, family, into(found));
    cr_expect(found.answers == 0, "answered inside of the asking call");
    turn_until(loop, [&found] { return found.answers > 0; });
    return found;
  }
  Found names(std::string_view address) {
    Found found;
    resolver->names(*Address::from_ip(address, 0), names_into(found));
    cr_expect(found.answers == 0, "answered inside of the asking call");
    turn_until(loop, [&found] { return found.answers > 0; });
    return found;
  }

  Loop loop{backend_options()};
  DnsServer server{loop};
  std::unique_ptr<Resolver> resolver;
};

inline void expect_words(const Found& found, const Words& want) {
  cr_expect(!found.error, "%s", found.error.message().c_str());
  std::string got;
  for (const std::string& word : found.words) got += word + ' ';
  cr_expect(found.words == want, "got %s", got.c_str());
}

inline void expect_error(const Found& found, ResolverError want) {
  cr_expect(found.error == want, "got: %s", found.error.message().c_str());
  cr_expect(found.words.empty());
}

}  // namespace sluice::test

#endif
