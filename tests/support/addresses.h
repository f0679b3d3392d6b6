// Short functions for addresses in tests. An invalid text fails the test.
#ifndef SLUICE_TESTS_SUPPORT_ADDRESSES_H
#define SLUICE_TESTS_SUPPORT_ADDRESSES_H

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include <sluice/address.h>

namespace sluice::test {

constexpr socklen_t kPathOffset = offsetof(sockaddr_un, sun_path);

inline Address ip(std::string_view text, std::uint16_t port = 0) {
  const auto address = Address::from_ip(text, port);
  cr_assert(address.has_value(), "%s is not read", std::string(text).c_str());
  return *address;
}

inline Address path(std::string_view text) {
  const auto address = Address::from_path(text);
  cr_assert(address.has_value(), "%s is not read", std::string(text).c_str());
  return *address;
}

// An address as the kernel returns it: `name` is the contents of sun_path.
inline Address unix_address(std::string_view name) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  name.copy(un.sun_path, sizeof un.sun_path);
  return {reinterpret_cast<const sockaddr*>(&un),
          static_cast<socklen_t>(kPathOffset + name.size())};
}

inline void expect_prints(const Address& address, const std::string& want) {
  cr_expect(address.to_string() == want, "got %s, not %s", address.to_string().c_str(),
            want.c_str());
}

}  // namespace sluice::test

#endif
