// Parses endpoints, prints them, and binds a socket to a free port.
#include <sys/socket.h>

#include <cstdio>
#include <set>
#include <string_view>
#include <variant>

#include <sluice/address.h>
#include <sluice/endpoint.h>
#include <sluice/fd.h>

using sluice::Address;
using sluice::Endpoint;
using sluice::EndpointError;

namespace {

void describe(std::string_view text) {
  const auto parsed = Endpoint::parse(text);
  if (const auto* error = std::get_if<EndpointError>(&parsed)) {
    std::printf("error: %s\n", error->message.c_str());
    return;
  }
  const auto& endpoint = std::get<Endpoint>(parsed);
  const auto address = endpoint.address().to_string();
  std::printf("%s", endpoint.to_string().c_str());
  std::printf(" has the address %s", address.c_str());
  std::printf("%s\n", endpoint.any_family() ? ", and IPv4" : "");
}

// Returns the endpoint with the port that the kernel chose.
Endpoint bind_once(const Endpoint& wanted) {
  const Address& address = wanted.address();
  const sluice::Fd fd(::socket(address.family(), SOCK_STREAM, 0));
  if (::bind(fd.get(), address.data(), address.size()) != 0) {
    std::perror("bind");
  }
  return wanted.with_address(Address::local_of(fd.get()));
}

}  // namespace

int main() {
  describe("tcp://127.0.0.1:7007");
  describe("udp://[2001:DB8:0::1]:53");
  describe("tcp://*:0");
  describe("unix:///run/x.sock");
  describe("tcp://127.0.0.1:99999");
  describe("http://127.0.0.1:80");

  const auto mapped = Address::from_ip("::ffff:192.0.2.1", 80);
  std::printf("%s\n", mapped->unmapped().to_string().c_str());

  const auto wanted = Endpoint::from("tcp://127.0.0.1:0");
  const auto bound = bind_once(wanted);
  const bool chosen = bound.address().port() != 0;
  std::printf("a port was chosen: %s\n", chosen ? "yes" : "no");

  const std::set<Address> both = {wanted.address(), bound.address()};
  std::printf("different addresses: %zu\n", both.size());
}
