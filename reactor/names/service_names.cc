#include "service_names.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cassert>

namespace sluice {
namespace {

// NOLINTBEGIN(concurrency-mt-unsafe): POSIX has no other call. The header states the hazard.
// Opens the database, and closes it also when an exception is thrown.
struct ServicesFile {
  ServicesFile() { ::setservent(1); }
  ServicesFile(const ServicesFile&) = delete;
  ServicesFile& operator=(const ServicesFile&) = delete;
  ~ServicesFile() { ::endservent(); }
};

}  // namespace

ServiceNames ServiceNames::of_host() {
  ServiceNames all;
  const ServicesFile file;
  while (const servent* const entry = ::getservent()) {
    const std::string_view protocol = entry->s_proto;
    if (protocol != "tcp" && protocol != "udp") continue;
    const Scheme scheme = protocol == "tcp" ? Scheme::tcp : Scheme::udp;
    const std::uint16_t port = ntohs(static_cast<std::uint16_t>(entry->s_port));
    all.add(entry->s_name, port, scheme);
    for (char** alias = entry->s_aliases; *alias != nullptr; ++alias) {
      all.add(*alias, port, scheme);
    }
  }
  return all;
}
// NOLINTEND(concurrency-mt-unsafe)

void ServiceNames::add(std::string_view name, std::uint16_t port, Scheme scheme) {
  Table& table = scheme == Scheme::udp ? udp_ : tcp_;
  assert(scheme != Scheme::unix_stream);
  table.ports.try_emplace(std::string(name), port);
  table.names.try_emplace(port, name);
}

std::optional<std::uint16_t> ServiceNames::port(std::string_view name, Scheme scheme) const {
  const auto& ports = table(scheme).ports;
  const auto found = ports.find(name);
  if (found == ports.end()) return {};
  return found->second;
}

std::string_view ServiceNames::name(std::uint16_t port, Scheme scheme) const {
  const auto& names = table(scheme).names;
  const auto found = names.find(port);
  return found == names.end() ? std::string_view() : std::string_view(found->second);
}

std::size_t ServiceNames::size() const noexcept { return tcp_.ports.size() + udp_.ports.size(); }

const ServiceNames::Table& ServiceNames::table(Scheme scheme) const noexcept {
  assert(scheme != Scheme::unix_stream);
  return scheme == Scheme::udp ? udp_ : tcp_;
}

}  // namespace sluice
