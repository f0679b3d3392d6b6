// A network namespace for a test: loopback, and Ethernet interfaces on which no host answers.
//
// Criterion forks for each test, so the process may leave the host's network permanently.
#ifndef SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H
#define SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H

#include <cstddef>
#include <string>
#include <vector>

#include <sluice/fd.h>

namespace sluice::test {

// Leaves the host's network for an empty one with loopback up. Skips the test, with the reason, if
// the machine does not allow it.
void enter_network_namespace();

// A network namespace that the process can leave and enter again. A socket, an interface and a list
// of interfaces belong to the namespace in which the process is when they are made.
class NetworkNamespace {
 public:
  NetworkNamespace();  // the process is in it afterwards
  void enter() const;

 private:
  Fd fd_;
};

// An interface with an IPv4 address of /24 and an IPv6 link-local one. The destructor removes it.
class TestInterface {
 public:
  TestInterface(const std::string& name, const std::string& ipv4);

  [[nodiscard]] unsigned index() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  // "fe80::...%name", once the kernel uses it.
  [[nodiscard]] std::string link_local() const;
  // 0.0.0.0: none, as if the address had been added without one.
  void set_broadcast(const std::string& ipv4) const;
  // Adds an ARP entry for this neighbour.
  void resolve(const std::string& ipv4) const;
  // Outgoing frames are read here, and frames that are written here arrive on it.
  [[nodiscard]] int fd() const { return tap_.get(); }

 private:
  std::string name_;
  Fd tap_;
};

// A link to one other host, which does not exist. It carries no broadcasts.
class PointToPoint {
 public:
  PointToPoint(const std::string& name, const std::string& ipv4);
  // The number of IPv4 packets that have left by it since the last call.
  [[nodiscard]] std::size_t sent() const;

 private:
  Fd tun_;
};

// A switch for Ethernet interfaces: a frame that leaves by one arrives on all others.
class Wire {
 public:
  void plug(const TestInterface& interface) { ends_.push_back(&interface); }
  void unplug(const TestInterface& interface) { std::erase(ends_, &interface); }
  void carry() const;  // the frames that have left

 private:
  std::vector<const TestInterface*> ends_;
};

// Adds an IPv6 address to `interface`.
void add_address(const std::string& interface, const std::string& ipv6);

}  // namespace sluice::test

#endif
