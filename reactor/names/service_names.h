// Service names and port numbers: "ssh" is 22/tcp, 53/udp is "domain".
//
// What it is: the host's services database as a value, read once when it is made, so that no
// look-up ever opens a file.
// Thread: a plain value; making one uses getservent(), which is not safe beside another that does.
// Errors: a database that cannot be read is an empty one; names then are not found.
// Source: POSIX.1-2017 getservent(); services(5).
#ifndef SLUICE_REACTOR_NAMES_SERVICE_NAMES_H
#define SLUICE_REACTOR_NAMES_SERVICE_NAMES_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "../base/endpoint.h"
#include "../base/export.h"

namespace sluice {

class SLUICE_EXPORT ServiceNames {
 public:
  // The host's own.
  static ServiceNames of_host();

  ServiceNames() = default;
  // A name that is there already keeps its first port, and a port its first name; what comes later
  // for the port is an alias.
  void add(std::string_view name, std::uint16_t port, Scheme scheme);

  // REQUIRES: `scheme` is tcp or udp. By its name or an alias, as written.
  [[nodiscard]] std::optional<std::uint16_t> port(std::string_view name, Scheme scheme) const;
  // The service's main name; valid for as long as this object. Empty when there is none.
  [[nodiscard]] std::string_view name(std::uint16_t port, Scheme scheme) const;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  struct Table {
    std::map<std::string, std::uint16_t, std::less<>> ports;
    std::unordered_map<std::uint16_t, std::string> names;
  };
  [[nodiscard]] SLUICE_LOCAL const Table& table(Scheme scheme) const noexcept;

  Table tcp_;
  Table udp_;
};

}  // namespace sluice

#endif
