// Service names and port numbers: "ssh" is 22/tcp, 53/udp is "domain".
//
// What it is: a copy of the host's services database. of_host() reads it once, so that no lookup
// opens a file.
// Thread: a plain value. of_host() uses getservent(), which is not safe if another thread uses it
// at the same time.
// Errors: if the database cannot be read, of_host() returns an empty one.
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
  // Reads the host's services database.
  static ServiceNames of_host();

  ServiceNames() = default;
  // An existing name keeps its port, and a port keeps its main name. Further names for a port are
  // aliases.
  void add(std::string_view name, std::uint16_t port, Scheme scheme);

  // The port of a service's name or alias, which is case-sensitive. REQUIRES: `scheme` is tcp or
  // udp.
  [[nodiscard]] std::optional<std::uint16_t> port(std::string_view name, Scheme scheme) const;
  // The main name of a port's service, or an empty view if there is none. The view is valid as
  // long as this object exists. REQUIRES: `scheme` is tcp or udp.
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
