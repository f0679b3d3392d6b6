#include "address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <type_traits>

#include "keyed_hash.h"

namespace sluice {
namespace {

constexpr socklen_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr std::size_t kMappedPrefix = 12;  // the bytes of ::ffff:0:0/96

bool is_v4_mapped(const in6_addr& address) noexcept {
  in6_addr prefix{};
  prefix.s6_addr[10] = prefix.s6_addr[11] = 0xff;
  return std::memcmp(&address, &prefix, kMappedPrefix) == 0;
}

bool same(const in6_addr& a, const in6_addr& b) noexcept {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

// The valid sizes of a family's address.
struct Sizes {
  socklen_t least;
  socklen_t most;
};

Sizes sizes_of(int family) noexcept {
  switch (family) {
    case AF_INET:
      return {sizeof(sockaddr_in), sizeof(sockaddr_in)};
    case AF_INET6:
      return {sizeof(sockaddr_in6), sizeof(sockaddr_in6)};
    case AF_UNIX:
      return {kPathOffset, sizeof(sockaddr_un)};
    default:
      return {sizeof(sa_family_t), Address::capacity()};
  }
}

template <typename T>
int order(const T& a, const T& b) noexcept {
  return a < b ? -1 : (b < a ? 1 : 0);
}

}  // namespace

Address::Address() noexcept : storage_{}, size_(sizeof(sa_family_t)) {
  std::memset(&storage_, 0, sizeof storage_);  // {} reaches the first member only
  storage_.base.sa_family = AF_UNSPEC;
}

Address::Address(const sockaddr* address, socklen_t length) noexcept : Address() {
  if (length > 0) std::memcpy(&storage_, address, std::min(length, capacity()));
  set_size(length);
}

Address Address::loopback(int family, std::uint16_t port) noexcept {
  Address result = any(family, port);
  if (family == AF_INET) {
    result.storage_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else {
    result.storage_.v6.sin6_addr = in6addr_loopback;
  }
  return result;
}

Address Address::any(int family, std::uint16_t port) noexcept {
  assert(family == AF_INET || family == AF_INET6);
  Address result;  // its bytes are zero, as both wildcards are
  result.storage_.base.sa_family = static_cast<sa_family_t>(family);
  result.size_ = sizes_of(family).least;
  result.set_port(port);
  return result;
}

std::optional<Address> Address::from_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath || path.front() == '@' ||
      path.find('\0') != std::string_view::npos) {
    return {};
  }
  Address result;
  result.storage_.un.sun_family = AF_UNIX;
  path.copy(result.storage_.un.sun_path, path.size());
  result.size_ = static_cast<socklen_t>(kPathOffset + path.size() + 1);
  return result;
}

Address Address::local_of(int fd) {
  Address result;
  socklen_t size = capacity();
  if (::getsockname(fd, result.data(), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "getsockname");
  }
  result.set_size(size);
  return result;
}

bool Address::is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }

std::uint16_t Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  return family() == AF_INET6 ? ntohs(storage_.v6.sin6_port) : std::uint16_t{0};
}

void Address::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) storage_.v6.sin6_port = htons(port);
}

std::string Address::path() const {
  std::string result(raw_path());
  if (!result.empty() && result.front() == '\0') result.front() = '@';
  return result;
}

std::string_view Address::raw_path() const noexcept {
  if (!is_unix() || size_ == kPathOffset) return {};
  const char* const name = storage_.un.sun_path;
  const std::size_t length = size_ - kPathOffset;
#if defined(__linux__)
  // An abstract name; elsewhere a name of NULs alone is no name.
  if (name[0] == '\0') return {name, length};
#endif
  // The kernel may count the NUL or not, and a path of the whole field's length has none.
  return {name, ::strnlen(name, length)};
}

std::uint32_t Address::scope_id() const noexcept {
  return family() == AF_INET6 ? storage_.v6.sin6_scope_id : 0;
}

bool Address::is_unspecified() const noexcept {
  const Address plain = unmapped();
  if (plain.family() == AF_INET) return plain.storage_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  if (plain.family() != AF_INET6) return plain.family() == AF_UNSPEC;
  return same(plain.storage_.v6.sin6_addr, in6addr_any);
}

bool Address::is_loopback() const noexcept {
  const Address plain = unmapped();
  if (plain.family() == AF_INET) return ntohl(plain.storage_.v4.sin_addr.s_addr) >> 24 == 127;
  if (plain.family() != AF_INET6) return plain.is_unix();
  return same(plain.storage_.v6.sin6_addr, in6addr_loopback);
}

bool Address::is_multicast() const noexcept {
  const Address plain = unmapped();
  if (plain.family() == AF_INET) return ntohl(plain.storage_.v4.sin_addr.s_addr) >> 28 == 0xe;
  return plain.family() == AF_INET6 && plain.storage_.v6.sin6_addr.s6_addr[0] == 0xff;
}

bool Address::is_limited_broadcast() const noexcept {
  const Address plain = unmapped();
  return plain.family() == AF_INET && plain.storage_.v4.sin_addr.s_addr == htonl(INADDR_BROADCAST);
}

Address Address::unmapped() const noexcept {
  if (family() != AF_INET6 || !is_v4_mapped(storage_.v6.sin6_addr)) return *this;
  Address result = any(AF_INET, port());
  std::memcpy(&result.storage_.v4.sin_addr, storage_.v6.sin6_addr.s6_addr + kMappedPrefix,
              sizeof result.storage_.v4.sin_addr);
  return result;
}

void Address::set_size(socklen_t size) noexcept {
  const Sizes sizes = sizes_of(family());
  if (size < sizes.least) {
    *this = Address();  // also where the kernel wrote nothing, and the family is an older one
  } else {
    size_ = std::min(size, sizes.most);
  }
}

int Address::compare(const Address& a, const Address& b) noexcept {
  if (a.family() != b.family()) return order(a.family(), b.family());
  int result = 0;
  switch (a.family()) {
    case AF_INET:
      result = order(ntohl(a.storage_.v4.sin_addr.s_addr), ntohl(b.storage_.v4.sin_addr.s_addr));
      break;
    case AF_INET6:
      result = std::memcmp(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr, sizeof(in6_addr));
      if (result == 0) result = order(a.scope_id(), b.scope_id());
      break;
    case AF_UNIX:
      return a.raw_path().compare(b.raw_path());
    default:
      if (a.size_ != b.size_) return order(a.size_, b.size_);
      return std::memcmp(&a.storage_, &b.storage_, a.size_);
  }
  return result != 0 ? result : order(a.port(), b.port());
}

bool operator==(const Address& a, const Address& b) noexcept { return Address::compare(a, b) == 0; }

bool operator<(const Address& a, const Address& b) noexcept { return Address::compare(a, b) < 0; }

std::size_t Address::hash() const noexcept {
  const std::string_view name = raw_path();
  if (!is_ip()) return KeyedStringHash()(name);
  struct {
    std::array<unsigned char, sizeof(in6_addr)> host{};
    std::uint32_t scope = 0;
    std::uint16_t family = 0;
    std::uint16_t port = 0;
  } key;
  static_assert(std::has_unique_object_representations_v<decltype(key)>);
  key.scope = scope_id();
  key.family = static_cast<std::uint16_t>(family());
  key.port = port();
  if (family() == AF_INET) {
    std::memcpy(key.host.data(), &storage_.v4.sin_addr, sizeof storage_.v4.sin_addr);
  } else {
    std::memcpy(key.host.data(), &storage_.v6.sin6_addr, sizeof storage_.v6.sin6_addr);
  }
  return static_cast<std::size_t>(keyed_hash(std::as_bytes(std::span(&key, 1))));
}

}  // namespace sluice
