// A network of the test's own: loopback, and Ethernet interfaces on which nobody answers.
//
// Criterion forks every test, so that the process can leave the host's network for good.
#ifndef SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H
#define SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H

#include <string>

#include <sluice/reactor/fd.h>

namespace sluice::test {

// Leaves the host's network for an empty one with loopback up, or skips the test with the reason
// why the machine forbids it.
void enter_network_namespace();

// An interface with an IPv4 address of /24 and an IPv6 link-local one. It goes when this goes.
class TestInterface {
 public:
  TestInterface(const std::string& name, const std::string& ipv4);

  [[nodiscard]] unsigned index() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  // "fe80::...%name", once the kernel has taken it into use.
  [[nodiscard]] std::string link_local() const;
  // Who asks for this neighbour is told at last.
  void resolve(const std::string& ipv4) const;

 private:
  std::string name_;
  Fd tap_;
};

// One more IPv6 address on `interface`.
void add_address(const std::string& interface, const std::string& ipv6);

}  // namespace sluice::test

#endif
