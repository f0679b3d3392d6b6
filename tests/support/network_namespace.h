// A network of the test's own: loopback, and Ethernet interfaces on which nobody answers.
//
// Criterion forks every test, so that the process can leave the host's network for good.
#ifndef SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H
#define SLUICE_TESTS_SUPPORT_NETWORK_NAMESPACE_H

#include <cstddef>
#include <string>
#include <vector>

#include <sluice/fd.h>

namespace sluice::test {

// Leaves the host's network for an empty one with loopback up, or skips the test with the reason
// why the machine forbids it.
void enter_network_namespace();

// Such a network that the process can leave and come back to. A socket, an interface and a list of
// interfaces belong to the one that the process is in when they are made.
class NetworkNamespace {
 public:
  NetworkNamespace();  // the process is in it now
  void enter() const;

 private:
  Fd fd_;
};

// An interface with an IPv4 address of /24 and an IPv6 link-local one. It goes when this goes.
class TestInterface {
 public:
  TestInterface(const std::string& name, const std::string& ipv4);

  [[nodiscard]] unsigned index() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  // "fe80::...%name", once the kernel has taken it into use.
  [[nodiscard]] std::string link_local() const;
  // 0.0.0.0: none, as if the address had been added without one.
  void set_broadcast(const std::string& ipv4) const;
  // Who asks for this neighbour is told at last.
  void resolve(const std::string& ipv4) const;
  // The frames that leave by it are read there, and what is written there arrives by it.
  [[nodiscard]] int fd() const { return tap_.get(); }

 private:
  std::string name_;
  Fd tap_;
};

// A link to one other host: it carries no broadcasts. Nobody is at its other end.
class PointToPoint {
 public:
  PointToPoint(const std::string& name, const std::string& ipv4);
  // How many IPv4 packets have left by it since the last time.
  [[nodiscard]] std::size_t sent() const;

 private:
  Fd tun_;
};

// What Ethernet interfaces are plugged into: what leaves by one arrives by all others.
class Wire {
 public:
  void plug(const TestInterface& interface) { ends_.push_back(&interface); }
  void unplug(const TestInterface& interface) { std::erase(ends_, &interface); }
  void carry() const;  // what is under way

 private:
  std::vector<const TestInterface*> ends_;
};

// One more IPv6 address on `interface`.
void add_address(const std::string& interface, const std::string& ipv6);

}  // namespace sluice::test

#endif
